import type { ModelInfo } from "@madang/protocol";
import { asMadangError, type MadangError } from "../errors.js";
import { Cell } from "../listeners.js";
import type { StoreHost } from "../session/host.js";
import type { Readable } from "../types.js";

/** The models as they are shown. */
export interface ModelsSnapshot {
  readonly status: "idle" | "loading" | "ready" | "failed";
  /** Newest first. */
  readonly models: readonly ModelInfo[];
  /** The id of the one used when none is chosen; empty while unknown. */
  readonly defaultModel: string;
  /** True when the simulated model answers, whatever is chosen. */
  readonly simulated: boolean;
  readonly error: MadangError | null;
}

const EMPTY: ModelsSnapshot = { status: "idle", models: [], defaultModel: "", simulated: false, error: null };

/** The models one may choose; loaded when someone first listens, renewed after a reconnection. */
export class ModelsStore implements Readable<ModelsSnapshot> {
  readonly #host: StoreHost;
  readonly #state: Cell<ModelsSnapshot>;
  #loading = false;
  #stale = true;

  constructor(host: StoreHost) {
    this.#host = host;
    this.#state = new Cell(EMPTY, host.report, "models listener");
  }

  readonly getSnapshot = (): ModelsSnapshot => this.#state.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => {
    const unsubscribe = this.#state.subscribe(listener);
    if (this.#stale) this.#load();
    return unsubscribe;
  };

  /** Commands flow again: another server may offer others. */
  connected(): void {
    this.#stale = true;
    if (this.#state.listeners > 0) this.#load();
  }

  /** Asks again. */
  reload(): void {
    this.#load();
  }

  #load(): void {
    if (this.getSnapshot().status === "idle") this.#change({ status: "loading" });
    if (this.#loading || !this.#host.connected()) return;
    this.#loading = true;
    this.#stale = false;
    this.#host.send("list_models", {}, { onLoss: "fail" }).then(
      ({ models, default: defaultModel, simulated }) => {
        this.#loading = false;
        this.#change({ status: "ready", models, defaultModel, simulated, error: null });
      },
      (error: unknown) => {
        this.#loading = false;
        this.#stale = true;
        const failure = asMadangError(error);
        if (failure.code === "CONNECTION_LOST") return;
        this.#change({ status: this.getSnapshot().status === "ready" ? "ready" : "failed", error: failure });
      },
    );
  }

  #change(change: Partial<ModelsSnapshot>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }
}
