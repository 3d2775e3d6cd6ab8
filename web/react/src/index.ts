/** React hooks over `@madang/client`: one subscription each, nothing else. */
export { MadangProvider, type MadangProviderProps } from "./MadangProvider.js";
export { useClient } from "./useClient.js";
export { useConnection } from "./useConnection.js";
export { useEvent } from "./useEvent.js";
export { useMessages } from "./useMessages.js";
export { useModels } from "./useModels.js";
export { usePending } from "./usePending.js";
export { useReadable } from "./useReadable.js";
export { useRunningReply } from "./useRunningReply.js";
export { type Send, useSend } from "./useSend.js";
export { useServer } from "./useServer.js";
export { useSession } from "./useSession.js";
export { useSessionPart } from "./useSessionPart.js";
export { useSessionStore } from "./useSessionStore.js";
export { type SessionsList, useSessions } from "./useSessions.js";
