import type { ConnectionState } from "@madang/client";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** How the connection stands. */
export function useConnection(): ConnectionState {
  return useReadable(useClient().connection, all);
}

function all(state: ConnectionState): ConnectionState {
  return state;
}
