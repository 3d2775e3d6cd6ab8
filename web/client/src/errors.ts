import type { ErrorCode, ErrorData } from "@madang/protocol";

/** What can go wrong on this side of the wire. */
export type ClientErrorCode =
  /** The server did not answer in time; the command may have been carried out. */
  | "TIMEOUT"
  /** The connection ended for good, or the client was closed. */
  | "CLOSED"
  /** The connection was lost, and the command is not one that is sent again. */
  | "CONNECTION_LOST"
  /** Too many commands wait. */
  | "OUTBOX_FULL"
  /** The command is larger than the server takes. */
  | "TOO_BIG"
  /** The caller took the command back. */
  | "ABORTED";

/** Why a command failed, or why a session can't be shown. */
export class MadangError extends Error {
  override readonly name = "MadangError";
  /** The code; decide by this. */
  readonly code: ErrorCode | ClientErrorCode;
  /** Milliseconds to wait before trying again, when the server said so. */
  readonly retryAfter: number | undefined;
  /** Whether the same thing can succeed later. */
  readonly recoverable: boolean;
  /** Which field, which limit: for developers. */
  readonly details: string | undefined;

  constructor(
    code: ErrorCode | ClientErrorCode,
    message: string,
    more: { retryAfter?: number | undefined; recoverable?: boolean; details?: string | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.retryAfter = more.retryAfter;
    this.recoverable = more.recoverable ?? false;
    this.details = more.details;
  }
}

/** Makes the error that an `error` event tells of; what is not as it should be is left out. */
export function errorFrom(data: Partial<ErrorData>): MadangError {
  return new MadangError(
    data.code ?? "INTERNAL_ERROR",
    String(data.message ?? data.code ?? "Something failed."),
    {
      retryAfter: typeof data.retry_after === "number" ? data.retry_after : undefined,
      recoverable: data.recoverable === true,
      details: typeof data.details === "string" ? data.details : undefined,
    },
  );
}

/** Turns anything thrown into a `MadangError`. */
export function asMadangError(error: unknown): MadangError {
  if (error instanceof MadangError) return error;
  return new MadangError("INTERNAL_ERROR", error instanceof Error ? error.message : String(error));
}
