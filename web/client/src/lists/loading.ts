import { asMadangError, type MadangError } from "../errors.js";
import { Cell } from "../listeners.js";
import type { StoreHost } from "../session/host.js";
import type { Readable } from "../types.js";

/** What every list says about itself. */
export interface LoadingSnapshot {
  /** Nothing asked yet; on its way for the first time; here (perhaps being renewed); could not be had. */
  readonly status: "idle" | "loading" | "ready" | "failed";
  /** Why it could not be had, or not be renewed. */
  readonly error: MadangError | null;
}

/** Something that is loaded when someone first listens, and renewed after a reconnection. */
export abstract class LoadingStore<S extends LoadingSnapshot> implements Readable<S> {
  protected readonly host: StoreHost;
  readonly #empty: S;
  readonly #state: Cell<S>;
  #loading = false;
  #stale = true;

  constructor(empty: S, host: StoreHost, name: string) {
    this.host = host;
    this.#empty = empty;
    this.#state = new Cell(empty, host.report, name);
  }

  /** Asks the server, and says what to change. */
  protected abstract fetch(): Promise<Partial<S>>;

  readonly getSnapshot = (): S => this.#state.getSnapshot();

  /** Listening loads it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const unsubscribe = this.#state.subscribe(listener);
    if (this.#stale) this.reload();
    return unsubscribe;
  };

  /** How many listen. */
  get listeners(): number {
    return this.#state.listeners;
  }

  /** Commands flow again: what is here may be old. Called by the client. */
  connected(): void {
    this.#stale = true;
    if (this.listeners > 0) this.reload();
  }

  /** Someone else is signed in: nothing here is theirs. Called by the client. */
  renew(): void {
    this.#state.set(this.#empty);
    this.#stale = true;
  }

  /** Asks again. */
  reload(): void {
    if (this.getSnapshot().status !== "ready") this.change({ status: "loading", error: null } as Partial<S>);
    if (this.#loading || !this.host.connected()) return;
    this.#loading = true;
    this.#stale = false;
    this.fetch()
      .then(
        (change) => this.change({ ...change, status: "ready", error: null }),
        (error: unknown) => this.#failed(asMadangError(error)),
      )
      .finally(() => {
        this.#loading = false;
      });
  }

  protected change(change: Partial<S>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }

  #failed(error: MadangError): void {
    this.#stale = true;
    if (error.code === "CONNECTION_LOST" || error.code === "CLOSED") return;
    const status = this.getSnapshot().status === "ready" ? "ready" : "failed";
    this.change({ status, error } as Partial<S>);
  }
}
