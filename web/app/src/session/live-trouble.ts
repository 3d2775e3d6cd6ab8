/** The SDK's failures in the words of the app. */
import { MadangError } from "@madang/client";
import type { Trouble } from "./types.js";

export function troubleFrom(error: unknown): Trouble {
  if (!(error instanceof MadangError)) {
    return {
      code: "UNKNOWN",
      message: error instanceof Error ? error.message : String(error),
      retryAfter: undefined,
    };
  }
  const code = error.code;
  if (code === "ABORTED" || code === "CONNECTION_LOST") {
    return { code: "TIMEOUT", message: error.message, retryAfter: undefined };
  }
  return { code, message: error.details ?? error.message, retryAfter: error.retryAfter };
}

/** Gives back a promise that fails with a `Trouble`. */
export async function plain<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw troubleFrom(error);
  }
}
