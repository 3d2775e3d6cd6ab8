import type { Clock } from "./types.js";

/** One thing to be done later; setting it anew takes back what was set before. */
export class Timer {
  readonly #clock: Clock;
  #handle: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether something is to be done. */
  get isSet(): boolean {
    return this.#handle !== undefined;
  }

  /** Calls `run` once after `ms`. */
  set(ms: number, run: () => void): void {
    this.clear();
    this.#handle = this.#clock.setTimeout(() => {
      this.#handle = undefined;
      run();
    }, ms);
  }

  /** Takes it back. */
  clear(): void {
    this.#clock.clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}
