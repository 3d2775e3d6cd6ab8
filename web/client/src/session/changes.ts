import type { EventData } from "@madang/protocol";
import type { EventType } from "../types.js";

/** What one type of event does to a mirror of the server's state. */
export type Change<T extends EventType> = (data: EventData[T], now: number) => void;
/** What events do, by their type. */
export type Changes = { readonly [T in EventType]?: Change<T> };
