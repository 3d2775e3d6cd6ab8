import { type Connected, type Disconnected, type Hello, SUBPROTOCOL_V2 } from "@madang/protocol";
import { addressWith } from "./address.js";
import { encodeCommand, readFrame } from "./envelope.js";
import { MadangError } from "./errors.js";
import { Cell, type Report } from "./listeners.js";
import { verdictOf, waitBefore, whyOf } from "./reconnect.js";
import type { Settings } from "./settings.js";
import { Socket } from "./socket.js";
import { newCommandId } from "./surroundings.js";
import type {
  ClientStats,
  Clock,
  ConnectionState,
  Credential,
  Envelope,
  Readable,
  SocketConstructor,
  Surroundings,
  Why,
} from "./types.js";
import { Watchdog } from "./watchdog.js";

/** What a connection is made from. */
export interface ConnectionOptions {
  readonly url: string;
  readonly credentials: (() => Promise<Credential>) | undefined;
  readonly WebSocket: SocketConstructor;
  readonly fetch: typeof fetch | undefined;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  readonly stats: ClientStats;
  readonly report: Report;
}

/** What the rest of the client does for and hears from its connection. */
export interface ConnectionEvents {
  /** The data of `hello`, with what is to be resumed. */
  hello(): Hello;
  /** The server answered `hello`; commands flow from now on. `helloId` marks answers that concern resumed sessions. */
  onConnected(connected: Connected, helloId: string): void;
  /** An event came in. */
  onEvent(envelope: Envelope): void;
  /** The connection that was open is lost, and will come back. */
  onLost(why: Why): void;
  /** The connection will not come back by itself. */
  onEnded(error: MadangError): void;
}

const FIRST: Why = { code: 1006, reason: "", key: "lost" };

/** One connection to the server that comes back by itself (CN4-CN7). */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #state: Cell<ConnectionState>;
  readonly #watchdog: Watchdog;
  #socket: Socket | undefined;
  /** Grows with every attempt and every end, so that late answers of an earlier one are known. */
  #attempt = 0;
  #failures = 0;
  #timer: unknown;
  #connectedAt: number | undefined;
  #helloId = "";
  #goodbye: Disconnected | undefined;
  #unwatch: (() => void) | undefined;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#state = new Cell<ConnectionState>({ status: "idle" }, options.report, "connection listener");
    this.#watchdog = new Watchdog(options.clock, options.settings, {
      ping: () =>
        this.send(
          encodeCommand(
            "ping",
            { timestamp: options.clock.now() },
            newCommandId(options.clock),
            options.clock.now(),
          ),
        ),
      dead: () => this.#lost({ code: 4103, reason: "", key: "no_answer" }),
    });
  }

  /** How it stands. */
  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  /** Begins, or begins again after an end; does nothing while it is under way. */
  connect(): void {
    const { status } = this.#state.getSnapshot();
    if (status !== "idle" && status !== "closed") return;
    this.#failures = 0;
    this.#unwatch ??= this.#options.surroundings.watch((change) => this.#changed(change));
    this.#state.set({ status: "connecting" });
    this.#open();
  }

  /** Ends it; it stays ended until `connect`. */
  close(): void {
    if (this.#state.getSnapshot().status === "idle") return;
    this.#clear("closed by the client");
    this.#forget();
    this.#state.set({ status: "idle" });
    this.#events.onEnded(new MadangError("CLOSED", "The client was closed.", { recoverable: true }));
  }

  /** Tries at once if it waits; asks for a sign of life if it seems to be connected. */
  wake(): void {
    const state = this.#state.getSnapshot();
    if (state.status === "connected") this.#watchdog.probe();
    else if ((state.status === "reconnecting" || state.status === "offline") && state.retryAt !== null)
      this.#retry(state.why);
  }

  /** Sends one encoded command; false when there is no connection. */
  send(text: string): boolean {
    if (this.#connectedAt === undefined || this.#socket === undefined) return false;
    return this.#write(text);
  }

  #write(text: string): boolean {
    try {
      this.#socket?.send(text);
      return true;
    } catch {
      return false;
    }
  }

  #open(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#deadline(this.#options.settings.openMs, whyOf(1006, "no handshake in time"), "handshake_failed");
    this.#address().then(
      (address) => {
        if (attempt === this.#attempt) this.#dial(address, attempt);
      },
      (error: unknown) => {
        if (attempt === this.#attempt) this.#noCredentials(error);
      },
    );
  }

  async #address(): Promise<string> {
    const credential = (await this.#options.credentials?.()) ?? null;
    return addressWith(this.#options.url, credential, this.#options.fetch);
  }

  #noCredentials(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof MadangError && !error.recoverable) this.#end(whyOf(4401, reason));
    else this.#lost({ code: 1006, reason, key: "credentials_failed" });
  }

  #dial(address: string, attempt: number): void {
    const current = (run: () => void) => {
      if (attempt === this.#attempt) run();
    };
    try {
      this.#socket = new Socket(this.#options.WebSocket, address, [SUBPROTOCOL_V2], {
        onOpen: () => current(() => this.#opened()),
        onFrame: (data) => current(() => this.#frame(data, attempt)),
        onClose: (code, reason) => current(() => this.#closed(code, reason)),
      });
    } catch (error) {
      this.#lost({
        code: 1006,
        reason: error instanceof Error ? error.message : "",
        key: "handshake_failed",
      });
    }
  }

  #opened(): void {
    const { clock, settings } = this.#options;
    this.#helloId = newCommandId(clock);
    this.#deadline(settings.helloMs, whyOf(4104, "no answer to hello"), "no_answer");
    this.#write(encodeCommand("hello", this.#events.hello(), this.#helloId, clock.now()));
  }

  #frame(data: unknown, attempt: number): void {
    const { stats } = this.#options;
    const { envelopes, garbage } = readFrame(data);
    stats.frames += 1;
    stats.garbage += garbage;
    this.#watchdog.heard();
    for (const envelope of envelopes) {
      if (attempt !== this.#attempt) return;
      if (envelope.type === "disconnected") this.#announced(envelope.data as Disconnected);
      if (envelope.type === "connected") this.#welcomed(envelope.data as Connected);
      this.#events.onEvent(envelope);
    }
  }

  #welcomed(connected: Connected): void {
    if (this.#connectedAt !== undefined) return this.#events.onConnected(connected, this.#helloId);
    const { clock, stats } = this.#options;
    clock.clearTimeout(this.#timer);
    stats.connections += 1;
    this.#connectedAt = clock.now();
    this.#watchdog.start();
    this.#events.onConnected(connected, this.#helloId);
    this.#state.set({ status: "connected", since: this.#connectedAt });
  }

  #announced(goodbye: Disconnected): void {
    this.#goodbye = goodbye;
    const why = whyOf(typeof goodbye.code === "number" ? goodbye.code : 1006, String(goodbye.reason ?? ""));
    this.#deadline(this.#options.settings.goodbyeMs, why, why.key);
  }

  /** The announced code counts where the network swallowed the close frame. */
  #closed(code: number, reason: string): void {
    const announced = this.#goodbye;
    if ((code === 1006 || code === 1005) && typeof announced?.code === "number") {
      return this.#lost(whyOf(announced.code, String(announced.reason ?? "")));
    }
    const why = whyOf(code, reason || String(announced?.reason ?? ""));
    this.#lost(this.#connectedAt === undefined && code === 1006 ? { ...why, key: "handshake_failed" } : why);
  }

  #deadline(ms: number, why: Why, key: Why["key"]): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.#lost({ ...why, key }), ms);
  }

  /** Decides what follows the end of a socket or of an attempt. */
  #lost(why: Why): void {
    const verdict = verdictOf(why.code);
    if (verdict === "never") return this.#end(why);
    const { clock, settings, surroundings } = this.#options;
    const now = clock.now();
    if (this.#connectedAt !== undefined && now - this.#connectedAt >= settings.stableMs) this.#failures = 0;
    const wait = waitBefore({ verdict, failures: this.#failures, hint: this.#hint() }, settings, () =>
      clock.random(),
    );
    const wasConnected = this.#clear(why.reason);
    this.#failures += 1;
    const retryAt = now + wait;
    this.#timer = clock.setTimeout(() => this.#retry(why), wait);
    if (wasConnected) this.#events.onLost(why);
    if (surroundings.online())
      this.#state.set({ status: "reconnecting", attempt: this.#failures, retryAt, why });
    else this.#state.set({ status: "offline", retryAt, why });
  }

  #hint(): number | undefined {
    const hint = this.#goodbye?.reconnect_after_ms;
    return typeof hint === "number" && Number.isFinite(hint) ? hint : undefined;
  }

  #retry(why: Why): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#state.set({ status: "reconnecting", attempt: Math.max(1, this.#failures), retryAt: null, why });
    this.#open();
  }

  #end(why: Why): void {
    this.#clear(why.reason);
    this.#forget();
    this.#state.set({ status: "closed", ...why });
    this.#events.onEnded(
      new MadangError("CLOSED", why.reason || "The server ended the connection.", {
        details: String(why.code),
      }),
    );
  }

  /** Lets go of socket and timers; says whether commands had been flowing. */
  #clear(reason: string): boolean {
    const wasConnected = this.#connectedAt !== undefined;
    this.#attempt += 1;
    this.#options.clock.clearTimeout(this.#timer);
    this.#watchdog.stop();
    this.#socket?.drop(1000, reason.slice(0, 30));
    this.#socket = undefined;
    this.#connectedAt = undefined;
    this.#goodbye = undefined;
    return wasConnected;
  }

  #forget(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #changed(change: "online" | "offline" | "visible"): void {
    const state = this.#state.getSnapshot();
    if (change !== "offline") {
      if (change === "online") this.#failures = 0;
      return this.wake();
    }
    if (state.status === "connected") this.#watchdog.probe();
    else if (state.status === "reconnecting")
      this.#state.set({ status: "offline", retryAt: state.retryAt, why: state.why });
  }

  /** Why it would be lost if nothing else is known. */
  static readonly UNKNOWN: Why = FIRST;
}
