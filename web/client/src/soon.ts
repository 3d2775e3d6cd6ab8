import type { Clock } from "./types.js";

/** Something done once before the next frame, however often it is asked for until then; or at once. */
export class Soon {
  readonly #clock: Clock;
  readonly #run: () => void;
  #planned = false;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Does it before the next frame. */
  readonly plan = (): void => {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.defer(() => {
      if (this.#planned) this.now();
    });
  };

  /** Does it now. */
  readonly now = (): void => {
    this.#planned = false;
    this.#run();
  };
}
