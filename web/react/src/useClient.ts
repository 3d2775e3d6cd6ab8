import type { MadangClient } from "@madang/client";
import { useContext } from "react";
import { ClientContext } from "./context.js";

/** The client of the provider above. */
export function useClient(): MadangClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("There is no <MadangProvider> above this component.");
  return client;
}
