/** The seam between the app and whoever talks to the server. Components know these hooks and nothing below. */
import type { Invited } from "@madang/protocol";
import { createContext, use } from "react";
import type { Http } from "../account/types.js";
import type { Actions, Backend, Here, Running, SessionList, SessionView } from "./types.js";

export const BackendContext = createContext<Backend | undefined>(undefined);

function useBackend(): Backend {
  const backend = use(BackendContext);
  if (!backend) throw new Error("The app is drawn outside of its backend.");
  return backend;
}

export const useHere = (): Here => useBackend().useHere();
export const useSessions = (query: string): SessionList => useBackend().useSessions(query);
export const useSession = (sessionId: string): SessionView => useBackend().useSession(sessionId);
export const useRunning = (sessionId: string): Running | undefined => useBackend().useRunning(sessionId);
export const useActions = (): Actions => useBackend().actions;
export const useInvited = (): readonly Invited[] => useBackend().useInvited();
export const useHttp = (): Http => useBackend().http;
