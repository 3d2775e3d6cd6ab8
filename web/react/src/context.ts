import type { MadangClient } from "@madang/client";
import { createContext } from "react";

/** The client that the hooks below it use. */
export const ClientContext = createContext<MadangClient | null>(null);
