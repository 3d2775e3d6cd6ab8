import type { MadangClient } from "@madang/client";
import { type ReactNode, useEffect } from "react";
import { ClientContext } from "./context.js";

/** What the provider takes. */
export interface MadangProviderProps {
  /** Made once, outside of components. */
  readonly client: MadangClient;
  /** Whether the provider connects when it is mounted. On by default; it never disconnects, since others may use the client. */
  readonly connect?: boolean;
  readonly children?: ReactNode;
}

/** Gives a client to the hooks below it. */
export function MadangProvider({ client, connect = true, children }: MadangProviderProps): ReactNode {
  useEffect(() => {
    if (connect) client.connect();
  }, [client, connect]);
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}
