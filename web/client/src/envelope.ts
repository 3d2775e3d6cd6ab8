import type { CommandData } from "@madang/protocol";
import type { CommandType, Envelope } from "./types.js";

/** What a text frame held. */
export interface FrameContent {
  readonly envelopes: readonly Envelope[];
  /** Entries that are no envelope. */
  readonly garbage: number;
}

const NOTHING: FrameContent = { envelopes: [], garbage: 1 };

/** An envelope as it may come: nothing about it is known. */
type Raw = { readonly [K in keyof Envelope]?: unknown };

function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    isObject(value) &&
    typeof value.type === "string" &&
    isObject(value.data) &&
    isText(value.session_id) &&
    isText(value.correlation_id) &&
    isText(value.epoch) &&
    (value.seq === undefined || typeof value.seq === "number")
  );
}

/** Reads one frame: an envelope, or an array of them (EN3). Never throws; what can't be read is counted. */
export function readFrame(frame: unknown): FrameContent {
  if (typeof frame !== "string") return NOTHING;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return NOTHING;
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const envelopes = items.filter(isEnvelope);
  return { envelopes, garbage: items.length - envelopes.length };
}

/** Encodes a command (EN1). */
export function encodeCommand<T extends CommandType>(
  type: T,
  data: CommandData[T],
  id: string,
  timestamp: number,
): string {
  return JSON.stringify({ type, data, timestamp, id });
}
