import type { Connected } from "@madang/protocol";
import { Attempt, type AttemptEvents, type AttemptOptions } from "./attempt.js";
import { encodeCommand } from "./envelope.js";
import { MadangError } from "./errors.js";
import { Cell } from "./listeners.js";
import { signedOut, verdictOf, waitBefore } from "./reconnect.js";
import { newCommandId } from "./surroundings.js";
import { Timer } from "./timer.js";
import type { ConnectionState, Readable, Surroundings, Why } from "./types.js";
import { Watchdog } from "./watchdog.js";

/** What a connection is made from. */
export interface ConnectionOptions extends AttemptOptions {
  readonly surroundings: Surroundings;
}

/** What the rest of the client does for and hears from its connection. */
export interface ConnectionEvents extends Pick<AttemptEvents, "hello" | "onConnected" | "onEvent"> {
  /** The connection that was open is lost, and will come back. */
  onLost(why: Why): void;
  /** The connection will not come back by itself. */
  onEnded(error: MadangError): void;
}

/** The connection to the server: attempt after attempt, with the right pauses between them (CN5-CN7). */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #state: Cell<ConnectionState>;
  readonly #watchdog: Watchdog;
  #attempt: Attempt | undefined;
  #connectedAt: number | undefined;
  /** Whether the server has known one since `connect`. */
  #known = false;
  /** Attempts that failed since the last one that held. */
  #failures = 0;
  readonly #timer: Timer;
  #unwatch: (() => void) | undefined;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#timer = new Timer(options.clock);
    this.#state = new Cell<ConnectionState>({ status: "idle" }, options.report, "connection listener");
    this.#watchdog = new Watchdog(options.clock, options.settings, {
      ping: () => this.#ping(),
      dead: () => this.#attempt?.fail({ code: 4103, reason: "no sign of life", key: "no_answer" }),
    });
  }

  /** How it stands. */
  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  /** Begins, or begins again after an end; does nothing while it is under way. */
  connect(): void {
    const { status } = this.#state.getSnapshot();
    if (status === "idle" || status === "closed") this.#begin();
  }

  /** Ends it; it stays ended until `connect`. */
  close(): void {
    if (this.#state.getSnapshot().status === "idle") return;
    this.#stop();
    this.#state.set({ status: "idle" });
    this.#events.onEnded(new MadangError("CLOSED", "The client was closed.", { recoverable: true }));
  }

  /** Begins afresh, with a credential that is asked for now; does nothing before `connect`. */
  restart(): void {
    if (this.#state.getSnapshot().status === "idle") return;
    const held = this.#connectedAt !== undefined;
    this.#stop();
    if (held) this.#events.onLost({ code: 1000, reason: "", key: "goodbye" });
    this.#begin();
  }

  /** Tries at once if it waits; asks for a sign of life if it seems to be connected. */
  wake(): void {
    const state = this.#state.getSnapshot();
    if (state.status === "connected") this.#watchdog.probe();
    else if (state.status === "reconnecting" || state.status === "offline") {
      if (state.retryAt !== null) this.#retry(state.why);
    }
  }

  /** Sends one encoded command; false when there is no connection. */
  send(text: string): boolean {
    return this.#connectedAt !== undefined && (this.#attempt?.send(text) ?? false);
  }

  #begin(): void {
    this.#failures = 0;
    this.#known = false;
    this.#unwatch = this.#options.surroundings.watch((change) => this.#changed(change));
    this.#state.set({ status: "connecting" });
    this.#open();
  }

  #ping(): void {
    const { clock } = this.#options;
    this.send(encodeCommand("ping", { timestamp: clock.now() }, newCommandId(clock), clock.now()));
  }

  #open(): void {
    this.#attempt = new Attempt(this.#options, {
      hello: () => this.#events.hello(),
      onSign: () => this.#watchdog.heard(),
      onConnected: (connected) => this.#connected(connected),
      onEvent: (envelope) => this.#events.onEvent(envelope),
      onEnd: (why, hint) => this.#ended(why, hint),
    });
  }

  #connected(connected: Connected): void {
    const { clock, stats } = this.#options;
    const first = this.#connectedAt === undefined;
    if (first) {
      stats.connections += 1;
      this.#connectedAt = clock.now();
      this.#watchdog.start();
    }
    this.#known = true;
    this.#events.onConnected(connected);
    if (first) this.#state.set({ status: "connected", since: clock.now() });
  }

  /** Decides what follows the end of an attempt. */
  #ended(why: Why, hint: number | undefined): void {
    const { clock, settings } = this.#options;
    const verdict = verdictOf(why.code);
    const held = this.#connectedAt;
    if (verdict === "never") {
      this.#stop();
      this.#state.set({ status: "closed", ...(this.#known ? signedOut(why) : why) });
      const message = why.reason || "The server ended the connection.";
      this.#events.onEnded(new MadangError("CLOSED", message, { details: String(why.code) }));
      return;
    }
    if (held !== undefined && clock.now() - held >= settings.stableMs) this.#failures = 0;
    const wait = waitBefore({ verdict, failures: this.#failures, hint }, settings, () => clock.random());
    this.#release();
    this.#failures += 1;
    this.#timer.set(wait, () => this.#retry(why));
    if (held !== undefined) this.#events.onLost(why);
    this.#waiting(clock.now() + wait, why);
  }

  #waiting(retryAt: number | null, why: Why): void {
    if (!this.#options.surroundings.online()) this.#state.set({ status: "offline", retryAt, why });
    else this.#state.set({ status: "reconnecting", attempt: Math.max(1, this.#failures), retryAt, why });
  }

  #retry(why: Why): void {
    this.#timer.clear();
    this.#waiting(null, why);
    this.#open();
  }

  #stop(): void {
    this.#release();
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #release(): void {
    this.#timer.clear();
    this.#watchdog.stop();
    this.#attempt?.drop();
    this.#attempt = undefined;
    this.#connectedAt = undefined;
  }

  #changed(change: "online" | "offline" | "visible"): void {
    const state = this.#state.getSnapshot();
    if (change === "online") this.#failures = 0;
    if (change !== "offline") this.wake();
    else if (state.status === "connected") this.#watchdog.probe();
    else if (state.status === "reconnecting") this.#waiting(state.retryAt, state.why);
  }
}
