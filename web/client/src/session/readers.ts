import { Timer } from "../timer.js";
import type { Clock } from "../types.js";

/** What begins with the first reader, and ends a while after the last. */
export interface ReadersEvents {
  begin(): void;
  end(): void;
}

/** Who reads something that costs as long as it is read; a little longer, so that a remount costs nothing. */
export class Readers {
  readonly #lingerMs: number;
  readonly #events: ReadersEvents;
  readonly #linger: Timer;
  #count = 0;
  /** Whether it was ended although there are readers. */
  #ended = false;

  constructor(clock: Clock, lingerMs: number, events: ReadersEvents) {
    this.#lingerMs = lingerMs;
    this.#events = events;
    this.#linger = new Timer(clock);
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Whether it has begun and not ended. */
  get wanted(): boolean {
    return !this.#ended && (this.#count > 0 || this.#linger.isSet);
  }

  /** Adds one, until the returned function is called. */
  add(): () => void {
    const first = !this.wanted;
    this.#ended = false;
    this.#count += 1;
    this.#linger.clear();
    if (first) this.#events.begin();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#count -= 1;
      if (this.#count === 0 && !this.#ended) this.#linger.set(this.#lingerMs, () => this.#events.end());
    };
  }

  /** Ends it now; the next one who is added begins anew. */
  end(): void {
    if (!this.wanted) return;
    this.#ended = true;
    this.#linger.clear();
    this.#events.end();
  }
}
