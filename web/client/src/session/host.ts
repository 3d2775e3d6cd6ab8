import type { CommandData } from "@madang/protocol";
import type { Report } from "../listeners.js";
import type { Settings } from "../settings.js";
import type { ClientStats } from "../stats.js";
import type { Answer, Clock, CommandType, SendOptions } from "../types.js";
import type { PendingMessage } from "./state.js";

/** What stores need of the client. */
export interface StoreHost {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly stats: ClientStats;
  readonly report: Report;
  /** Sends a command. */
  send<T extends CommandType>(type: T, data: CommandData[T], options?: SendOptions): Promise<Answer<T>>;
  /** Takes a command back. */
  drop(id: string): void;
  /** Whether a command waits that was never handed to a socket. */
  isUnsent(id: string): boolean;
  /** Whether commands flow. */
  connected(): boolean;
  /** Who one is; undefined before the first `connected`. */
  userId(): string | undefined;
  /** Keeps a session's pending messages over a reload. */
  keep(sessionId: string, messages: readonly PendingMessage[]): void;
  /** A fresh command id. */
  newId(): string;
}
