import type { Resumed, ResumePoint } from "@madang/protocol";
import { asMadangError, type MadangError } from "../errors.js";
import { RESYNC_AT_ONCE } from "../limits.js";
import { Timer } from "../timer.js";
import type { StoreHost } from "./host.js";
import type { SessionPhase } from "./state.js";

/** What a follower needs of its store. */
export interface FollowerEvents {
  /** The phase, or the error, is another. */
  changed(): void;
  /** Per running reply, the last delta there is. */
  streams(): Record<string, number>;
}

/** Keeps one session's place in its log: asks for it, sees what is missing, asks again (DC5, RS1). */
export class Follower {
  readonly #sessionId: string;
  readonly #host: StoreHost;
  readonly #events: FollowerEvents;
  #wanted = false;
  #phase: SessionPhase = "idle";
  #error: MadangError | null = null;
  /** Where it stands; undefined when only a snapshot helps. */
  #place: { readonly epoch: string; readonly seq: number } | undefined;
  /** The epoch of what is shown, which outlives the place. */
  #shown = "";
  /** The position at which a replay is complete. */
  #until = 0;
  /** Times in a row that asking has not helped. */
  #vain = 0;
  #asking = false;
  /** Which asking is the newest: others have nothing to say any more. */
  #asked = 0;
  /** Whether it is `hello` that asks. */
  #byHello = false;
  readonly #timer: Timer;

  constructor(sessionId: string, host: StoreHost, events: FollowerEvents) {
    this.#sessionId = sessionId;
    this.#host = host;
    this.#events = events;
    this.#timer = new Timer(host.clock);
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get error(): MadangError | null {
    return this.#error;
  }

  /** Whether there is a state that events can be applied to. */
  get placed(): boolean {
    return this.#place !== undefined;
  }

  /** Wants the session from now on. */
  start(): void {
    this.#wanted = true;
    this.#wait();
    if (this.#host.connected()) this.#ask(true);
  }

  /** Does not want it any more; what is known stays. */
  stop(): void {
    this.#wanted = false;
    this.#asking = false;
    this.#timer.clear();
    if (!this.#shut && this.#host.connected()) {
      this.#host
        .send("unfollow_session", { session_id: this.#sessionId }, { onLoss: "fail" })
        .catch(() => {});
    }
    if (this.#phase !== "gone" && this.#phase !== "removed") this.#phase = "idle";
    this.#events.changed();
  }

  /** Where it stands, for `hello` and `follow_session`. */
  point(): ResumePoint | undefined {
    return this.#place && { ...this.#place, streams: this.#events.streams() };
  }

  /** Forgets the place: the next answer is a snapshot. */
  invalidate(): void {
    this.#place = undefined;
  }

  /** Commands flow again; `hello` has asked for this session already if `resumed`. */
  connected(resumed: boolean): void {
    if (!this.#wanted || this.#shut) return;
    this.#wait();
    this.#asking = resumed;
    this.#byHello = resumed;
    if (resumed) this.#later(this.#host.settings.helloMs, true);
    else this.#ask(true);
  }

  /** `hello` was refused for this session, and `error` says why; or for one that was not named, perhaps this one. */
  resumeRefused(error: MadangError | undefined): void {
    if (!this.#wanted || !this.#byHello) return;
    this.#byHello = false;
    this.#asking = false;
    if (error === undefined) this.#ask(true);
    else this.refused(error);
  }

  /** The connection is lost. */
  lost(): void {
    this.#asking = false;
    this.#timer.clear();
    if (this.#phase === "live" || this.#phase === "failed") this.#wait();
  }

  /** Whether what is shown is of the log with this epoch. */
  shows(epoch: string): boolean {
    return epoch === this.#shown;
  }

  /** A snapshot has been taken in. */
  snapshot(epoch: string, seq: number): void {
    this.#place = { epoch, seq };
    this.#shown = epoch;
    this.#arrived();
  }

  /** A replay follows. */
  resumed(data: Resumed): void {
    this.#asking = false;
    this.#byHello = false;
    this.#until = data.to;
    if (this.#place !== undefined && this.#place.seq >= data.to) this.#arrived();
  }

  /** Whether a durable event is the next one. An earlier one is known; a later one means that something is missing. */
  admits(seq: number, epoch: string | undefined): boolean {
    const place = this.#place;
    if (place === undefined) return false;
    const sameLog = epoch === undefined || epoch === place.epoch;
    if (sameLog && seq === place.seq + 1) return true;
    if (sameLog && seq <= place.seq) this.#host.stats.duplicates += 1;
    else this.resync(sameLog);
    return false;
  }

  /** An event was applied. */
  advance(seq: number): void {
    if (this.#place === undefined) return;
    this.#place = { epoch: this.#place.epoch, seq };
    this.#vain = 0;
    if (this.#phase === "resyncing" && seq >= this.#until) this.#arrived();
  }

  /** Something is missing or broken: asks for what was missed, or for the whole. */
  resync(replay: boolean): void {
    if (this.#asking || this.#phase === "failed") return;
    this.#host.stats.gaps += 1;
    this.#wait();
    // A replay that did not help the first time will not help the second.
    if (this.#vain < RESYNC_AT_ONCE) this.#ask(replay && this.#vain === 0);
    else this.#later(this.#pause(), false);
    this.#vain += 1;
  }

  /** The server does not let one follow it. */
  refused(error: MadangError): void {
    if (!this.#wanted || error.code === "CONNECTION_LOST" || error.code === "CLOSED") return;
    this.#asking = false;
    this.#error = error;
    if (error.code === "NOT_FOUND" || error.code === "INVALID_SESSION") this.#phase = "gone";
    else if (error.code === "FORBIDDEN") this.#phase = "forbidden";
    else {
      this.#phase = "failed";
      this.#later(error.retryAfter ?? this.#pause(), false);
      this.#vain += 1;
    }
    this.#events.changed();
  }

  /** The session was deleted, or one does not belong to it any more. */
  gone(phase: "gone" | "removed"): void {
    this.#phase = phase;
    this.#place = undefined;
    this.#asking = false;
    this.#timer.clear();
  }

  /** There is a sign that one may see it after all. */
  admitted(): void {
    if (!this.#wanted || !this.#shut || !this.#host.connected()) return;
    this.#wait();
    this.#ask(false);
  }

  /** Forgets everything: someone else looks at it now. */
  renew(): void {
    this.#place = undefined;
    this.#shown = "";
    this.#error = null;
    this.#phase = this.#wanted ? "loading" : "idle";
  }

  /** Whether there is nothing to ask for. */
  get #shut(): boolean {
    return this.#phase === "gone" || this.#phase === "removed" || this.#phase === "forbidden";
  }

  #wait(): void {
    this.#phase = this.#shown === "" ? "loading" : "resyncing";
    this.#until = Number.POSITIVE_INFINITY;
    this.#events.changed();
  }

  #arrived(): void {
    this.#timer.clear();
    this.#asking = false;
    this.#byHello = false;
    this.#phase = "live";
    this.#error = null;
    this.#events.changed();
  }

  #ask(resume: boolean): void {
    if (this.#asking) return;
    this.#asking = true;
    const point = resume ? this.point() : undefined;
    const data = { session_id: this.#sessionId, ...(point === undefined ? {} : { resume: point }) };
    this.#asked += 1;
    const asked = this.#asked;
    this.#host.send("follow_session", data, { onLoss: "fail" }).catch((error: unknown) => {
      // A snapshot may have come some other way.
      if (asked === this.#asked && this.#asking) this.refused(asMadangError(error));
    });
  }

  #later(ms: number, resume: boolean): void {
    this.#timer.set(ms, () => {
      this.#asking = false;
      if (this.#wanted && this.#host.connected() && this.#phase !== "live") this.#ask(resume);
    });
  }

  #pause(): number {
    const { backoffFirstMs, backoffMaxMs } = this.#host.settings;
    return Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#vain, 10));
  }
}
