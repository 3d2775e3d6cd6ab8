/** Counters for diagnosis; they only grow. */
export interface ClientStats {
  /** Connections that reached `connected`. */
  connections: number;
  /** Text frames read. */
  frames: number;
  /** Frames and envelopes that could not be read. */
  garbage: number;
  /** Handlers that threw. */
  handlerErrors: number;
  /** Times a session was asked for afresh because an event was missing. */
  gaps: number;
  /** Events and deltas dropped because they were known already. */
  duplicates: number;
  /** Final replies whose text was not the text of their deltas; should stay 0 (DC2). */
  textMismatches: number;
  /** Commands sent again after a reconnection. */
  resent: number;
}

/** Counters at zero. */
export function newStats(): ClientStats {
  return {
    connections: 0,
    frames: 0,
    garbage: 0,
    handlerErrors: 0,
    gaps: 0,
    duplicates: 0,
    textMismatches: 0,
    resent: 0,
  };
}
