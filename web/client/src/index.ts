/** The client of a Madang server: connection, commands, events, and stores of sessions. No framework, no dependency. */
export * from "@madang/protocol";
export { createClient, type Handler, MadangClient } from "./client.js";
export { type ClientErrorCode, MadangError } from "./errors.js";
export { keepIn } from "./kept.js";
export type { LoadingSnapshot } from "./lists/loading.js";
export { type ModelsSnapshot, ModelsStore } from "./lists/models.js";
export { type SessionsSnapshot, SessionsStore } from "./lists/sessions.js";
export { type Verdict, verdictOf } from "./reconnect.js";
export type { AskOptions } from "./session/commands.js";
export type { RunningReply } from "./session/reply.js";
export type { PendingMessage, SessionPhase, SessionSnapshot, Waiting } from "./session/state.js";
export { SessionStore } from "./session/store.js";
export { DEFAULT_SETTINGS, type Settings } from "./settings.js";
export type { ClientStats } from "./stats.js";
export type {
  Answer,
  ClientOptions,
  Clock,
  CommandType,
  ConnectionState,
  Credential,
  Envelope,
  EventType,
  MessageKeeper,
  OutboxStorage,
  QueryAnswers,
  Readable,
  SendOptions,
  SocketConstructor,
  Surroundings,
  Why,
  WhyKey,
} from "./types.js";
