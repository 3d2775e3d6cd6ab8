import { READ_MARK_MS, TYPING_AGAIN_MS } from "../limits.js";
import { Timer } from "../timer.js";
import type { StoreHost } from "./host.js";

/** Says that one is typing, no oftener than it has to be said; what is not heard is not said again. */
export class TypingSignal {
  readonly #sessionId: string;
  readonly #host: StoreHost;
  /** When it was last said; undefined when the last word was that one is not. */
  #saidAt: number | undefined;

  constructor(sessionId: string, host: StoreHost) {
    this.#sessionId = sessionId;
    this.#host = host;
  }

  set(typing: boolean): void {
    const now = this.#host.clock.now();
    const said = this.#saidAt;
    const needed = typing ? said === undefined || now - said >= TYPING_AGAIN_MS : said !== undefined;
    if (!needed || !this.#host.connected()) return;
    this.#saidAt = typing ? now : undefined;
    const data = { session_id: this.#sessionId, typing };
    this.#host.send("set_typing", data, { onLoss: "fail" }).catch(() => {});
  }

  /** The connection is lost, and with it what was said. */
  lost(): void {
    this.#saidAt = undefined;
  }
}

/** How far one has read: only ever onwards, told to the server now and then. */
export class ReadMark {
  readonly #sessionId: string;
  readonly #host: StoreHost;
  readonly #settled: (refused: boolean) => void;
  readonly #timer: Timer;
  #truth: string | null = null;
  #wish: string | null = null;
  #sending = false;

  /** `settled` is called with every answer of the server. */
  constructor(sessionId: string, host: StoreHost, settled: (refused: boolean) => void) {
    this.#sessionId = sessionId;
    this.#host = host;
    this.#settled = settled;
    this.#timer = new Timer(host.clock);
  }

  /** As it is shown: where one wants it, until the server says no. */
  get at(): string | null {
    return this.#wish ?? this.#truth;
  }

  /** The server says where it is. */
  told(messageId: string | null): void {
    this.#truth = messageId;
  }

  /** Forgets it: someone else reads now. */
  renew(): void {
    this.#timer.clear();
    this.#truth = null;
    this.#wish = null;
  }

  /** Moves it. */
  move(messageId: string): void {
    this.#wish = messageId;
    this.#plan();
  }

  #plan(): void {
    if (this.#sending || this.#timer.isSet) return;
    this.#timer.set(READ_MARK_MS, () => this.#send());
  }

  #send(): void {
    const wish = this.#wish;
    if (wish === null) return;
    this.#sending = true;
    this.#host.send("mark_read", { session_id: this.#sessionId, message_id: wish }).then(
      ({ message_id }) => this.#answered(wish, message_id),
      () => this.#answered(wish, undefined),
    );
  }

  #answered(sent: string, truth: string | undefined): void {
    this.#sending = false;
    this.#truth = truth ?? this.#truth;
    if (this.#wish === sent) this.#wish = null;
    else this.#plan();
    this.#settled(truth === undefined);
  }
}
