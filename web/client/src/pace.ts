import { CHAT_BURST, CHAT_REFILL_MS } from "./limits.js";
import { Timer } from "./timer.js";
import type { Clock } from "./types.js";

/** Keeps chat commands below the server's rate (CM5), so that what was kept while offline isn't refused. */
export class Pace {
  readonly #clock: Clock;
  readonly #resume: () => void;
  #tokens = CHAT_BURST;
  #countedAt = 0;
  readonly #timer: Timer;
  #pausedUntil = 0;

  constructor(clock: Clock, resume: () => void) {
    this.#clock = clock;
    this.#resume = resume;
    this.#timer = new Timer(clock);
  }

  /** Whether nothing may be sent now; `resume` is called when it may. */
  get paused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** Takes leave to send one; when there is none, `resume` is called once there is. */
  take(): boolean {
    const now = this.#clock.now();
    const gained = Math.max(0, now - this.#countedAt) / CHAT_REFILL_MS;
    this.#tokens = Math.min(CHAT_BURST, this.#tokens + gained);
    this.#countedAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.#timer.set(Math.ceil((1 - this.#tokens) * CHAT_REFILL_MS), this.#resume);
    return false;
  }

  /** Holds everything back, as the server asked. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + ms);
    this.#timer.set(this.#pausedUntil - this.#clock.now(), this.#resume);
  }

  /** Forgets what it waits for: there is no connection. */
  reset(): void {
    this.#timer.clear();
    this.#pausedUntil = 0;
  }
}
