/** Every time, size and count of the SDK, each with its unit and reason. All times can be changed by `ClientOptions.settings`. */
export interface Settings {
  /** Milliseconds for credentials and the WebSocket handshake; beyond, the attempt counts as failed. */
  readonly openMs: number;
  /** Milliseconds from the open socket to `connected`; more than the 10 s after which the server refuses who gave no credential (CN1). */
  readonly helloMs: number;
  /** Milliseconds of silence after which the client asks with a `ping` (CN5: JavaScript can't see WebSocket pings). */
  readonly pingAfterMs: number;
  /** Milliseconds for the answer to that `ping`; beyond, the peer is dead. */
  readonly pongMs: number;
  /** Milliseconds for the answer to a `ping` sent because the machine woke up or the network changed. */
  readonly probeMs: number;
  /** Milliseconds between looks at the clock; a look that comes `sleepMs` late means that the machine slept. */
  readonly tickMs: number;
  /** Milliseconds a look may be late before it counts as sleep. */
  readonly sleepMs: number;
  /** Milliseconds of the first back-off ceiling (CN7). */
  readonly backoffFirstMs: number;
  /** Milliseconds of the highest back-off ceiling (CN7). */
  readonly backoffMaxMs: number;
  /** Milliseconds: the least wait between two attempts, so that jitter never makes a hot loop. */
  readonly backoffLeastMs: number;
  /** Milliseconds of jitter for close codes that say "at once" (CN6: 4200-4299). */
  readonly soonJitterMs: number;
  /** Milliseconds: no hint of the server is obeyed beyond this. */
  readonly hintMaxMs: number;
  /** Milliseconds a connection must live before its end starts the back-off afresh. */
  readonly stableMs: number;
  /** Milliseconds from `disconnected` to the close that it announces; then the client closes itself. */
  readonly goodbyeMs: number;
  /** Milliseconds of connected time that a command may go unanswered; beyond, it fails with `TIMEOUT`. */
  readonly answerMs: number;
  /** Milliseconds that a session stays followed after the last reader has left: remounts and steps back cost nothing. */
  readonly lingerMs: number;
}

/** The settings without any of one's own. */
export const DEFAULT_SETTINGS: Settings = {
  openMs: 10_000,
  helloMs: 12_000,
  pingAfterMs: 25_000,
  pongMs: 10_000,
  probeMs: 4_000,
  tickMs: 5_000,
  sleepMs: 10_000,
  backoffFirstMs: 500,
  backoffMaxMs: 20_000,
  backoffLeastMs: 100,
  soonJitterMs: 1_000,
  hintMaxMs: 300_000,
  stableMs: 5_000,
  goodbyeMs: 2_000,
  answerMs: 20_000,
  lingerMs: 30_000,
};
