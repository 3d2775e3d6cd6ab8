import type { Settings } from "./settings.js";
import { Timer } from "./timer.js";
import type { Clock } from "./types.js";

/** What the watchdog asks for. */
export interface WatchdogEvents {
  /** Ask the peer for a sign of life. */
  ping(): void;
  /** The peer gave none. */
  dead(): void;
}

/** Notices a dead peer and a machine that slept (CN5). Any frame is a sign of life. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #settings: Settings;
  readonly #events: WatchdogEvents;
  readonly #timer: Timer;
  #lookAt = 0;
  #heardAt = 0;
  /** When the answer to the last `ping` is due. */
  #deadline: number | undefined;

  constructor(clock: Clock, settings: Settings, events: WatchdogEvents) {
    this.#clock = clock;
    this.#settings = settings;
    this.#events = events;
    this.#timer = new Timer(clock);
  }

  start(): void {
    this.stop();
    this.heard();
    this.#plan();
  }

  stop(): void {
    this.#timer.clear();
    this.#deadline = undefined;
  }

  /** A frame came in. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#deadline = undefined;
  }

  /** Asks now, because something happened to the machine or its network. */
  probe(): void {
    if (!this.#timer.isSet) return;
    this.#ask(this.#settings.probeMs);
    this.#plan();
  }

  #ask(withinMs: number): void {
    this.#deadline = Math.min(this.#deadline ?? Number.POSITIVE_INFINITY, this.#clock.now() + withinMs);
    this.#events.ping();
  }

  #plan(): void {
    const now = this.#clock.now();
    const next = this.#deadline ?? this.#heardAt + this.#settings.pingAfterMs;
    this.#lookAt = Math.min(next, now + this.#settings.tickMs);
    this.#timer.set(Math.max(0, this.#lookAt - now), () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#lookAt) >= this.#settings.sleepMs) {
      // The machine slept, or its clock was set: deadlines say nothing about the peer any more. Ask afresh.
      this.#deadline = undefined;
      this.#ask(this.#settings.probeMs);
    } else if (this.#deadline !== undefined) {
      if (now >= this.#deadline) {
        this.#events.dead();
        return;
      }
    } else if (now - this.#heardAt >= this.#settings.pingAfterMs) {
      this.#ask(this.#settings.pongMs);
    }
    this.#plan();
  }
}
