import type { Connected } from "@madang/client";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** Who one is and what the server can do; null before the first connection. */
export function useServer(): Connected | null {
  return useReadable(useClient().server, all);
}

function all(state: Connected | null): Connected | null {
  return state;
}
