import { type Connected, type Disconnected, type Hello, SUBPROTOCOL_V2 } from "@madang/protocol";
import { addressWith } from "./address.js";
import { encodeCommand, readFrame } from "./envelope.js";
import { MadangError } from "./errors.js";
import type { Report } from "./listeners.js";
import { whyOf } from "./reconnect.js";
import type { Settings } from "./settings.js";
import { Socket } from "./socket.js";
import type { ClientStats } from "./stats.js";
import { newCommandId } from "./surroundings.js";
import { Timer } from "./timer.js";
import type { Clock, Credential, Envelope, SocketConstructor, Why } from "./types.js";

/** What an attempt is made from. */
export interface AttemptOptions {
  readonly url: string;
  readonly credentials: (() => Promise<Credential>) | undefined;
  readonly WebSocket: SocketConstructor;
  readonly fetch: typeof fetch | undefined;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly stats: ClientStats;
  readonly report: Report;
}

/** What an attempt tells. After `onEnd` it tells nothing any more. */
export interface AttemptEvents {
  /** The data of `hello`. */
  hello(): Hello;
  /** Any frame came: the peer lives. */
  onSign(): void;
  /** The server answered `hello` (or `auth`). */
  onConnected(connected: Connected): void;
  /** An event came. */
  onEvent(envelope: Envelope): void;
  /** It is over; `hint` is the server's wish for the next one, in milliseconds. */
  onEnd(why: Why, hint: number | undefined): void;
}

/** One attempt to be connected, from the credential to the end of its socket (CN1, CN4, CN6). */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #events: AttemptEvents;
  #socket: Socket | undefined;
  readonly #timer: Timer;
  #welcome = false;
  #over = false;
  #goodbye: { readonly why: Why; readonly hint: number | undefined } | undefined;

  constructor(options: AttemptOptions, events: AttemptEvents) {
    this.#options = options;
    this.#events = events;
    this.#timer = new Timer(options.clock);
    this.#deadline(options.settings.openMs, {
      code: 1006,
      reason: "no handshake in time",
      key: "handshake_failed",
    });
    this.#address().then(
      (address) => this.#dial(address),
      (error: unknown) => this.#noAddress(error),
    );
  }

  /** Sends text; false when the socket does not take it. */
  send(text: string): boolean {
    if (this.#over) return false;
    try {
      this.#socket?.send(text);
      return this.#socket !== undefined;
    } catch {
      return false;
    }
  }

  /** Gives up on it: the peer is dead. */
  fail(why: Why): void {
    this.#end(why, undefined);
  }

  /** Lets go of it without a word. */
  drop(): void {
    this.#over = true;
    this.#timer.clear();
    this.#socket?.drop();
    this.#socket = undefined;
  }

  async #address(): Promise<string> {
    const { url, credentials, fetch } = this.#options;
    return addressWith(url, (await credentials?.()) ?? null, fetch);
  }

  #noAddress(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const refused = error instanceof MadangError && !error.recoverable;
    this.#end(refused ? whyOf(4401, reason) : { code: 1006, reason, key: "credentials_failed" }, undefined);
  }

  #dial(address: string): void {
    if (this.#over) return;
    try {
      this.#socket = new Socket(this.#options.WebSocket, address, [SUBPROTOCOL_V2], {
        onOpen: () => this.#opened(),
        onFrame: (data) => this.#frame(data),
        onClose: (code, reason) => this.#closed(code, reason),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : "";
      this.#end({ code: 1006, reason, key: "handshake_failed" }, undefined);
    }
  }

  #opened(): void {
    const { clock, settings } = this.#options;
    this.#deadline(settings.helloMs, { code: 4104, reason: "no answer to hello", key: "no_answer" });
    this.send(encodeCommand("hello", this.#events.hello(), newCommandId(clock), clock.now()));
  }

  #frame(frame: unknown): void {
    const { envelopes, garbage } = readFrame(frame);
    this.#options.stats.frames += 1;
    this.#options.stats.garbage += garbage;
    this.#events.onSign();
    for (const envelope of envelopes) {
      if (this.#over) return;
      if (envelope.type === "connected") this.#welcomed(envelope.data as Connected);
      if (envelope.type === "disconnected") this.#announced(envelope.data as Partial<Disconnected>);
      this.#events.onEvent(envelope);
    }
  }

  #welcomed(connected: Connected): void {
    if (!this.#welcome) this.#timer.clear();
    this.#welcome = true;
    this.#events.onConnected(connected);
  }

  /** A close follows; if the network swallows it, the announcement counts. */
  #announced(data: Partial<Disconnected>): void {
    const why = whyOf(typeof data.code === "number" ? data.code : 1006, String(data.reason ?? ""));
    const hint = Number.isFinite(data.reconnect_after_ms) ? data.reconnect_after_ms : undefined;
    this.#goodbye = { why, hint };
    this.#deadline(this.#options.settings.goodbyeMs, why);
  }

  #closed(code: number, reason: string): void {
    const announced = this.#goodbye;
    const silent = code === 1005 || code === 1006;
    if (announced !== undefined && silent) this.#end(announced.why, announced.hint);
    else if (silent && !this.#welcome) this.#end({ code, reason, key: "handshake_failed" }, undefined);
    else this.#end(whyOf(code, reason || (announced?.why.reason ?? "")), announced?.hint);
  }

  #deadline(ms: number, why: Why): void {
    this.#timer.set(ms, () => this.#end(why, this.#goodbye?.hint));
  }

  #end(why: Why, hint: number | undefined): void {
    if (this.#over) return;
    this.drop();
    this.#events.onEnd(why, hint);
  }
}
