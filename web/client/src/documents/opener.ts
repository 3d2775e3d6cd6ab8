import type { OpenDocument } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { asMadangError, type MadangError } from "../errors.js";
import { systemClock } from "../surroundings.js";
import { Timer } from "../timer.js";
import { RETRY_FIRST_MS, RETRY_MAX_MS } from "./limits.js";

/** How far a document is open. */
export type OpenPhase = "closed" | "opening" | "live" | "offline" | "failed" | "gone" | "forbidden";

/** What an opener needs of its document. */
export interface OpenerHost {
  readonly client: MadangClient;
  readonly sessionId: string;
  readonly document: number;
  /** The place that is known, from which changes can be taken in; undefined when only the text helps. */
  place(): Pick<OpenDocument, "version" | "epoch"> | undefined;
  /** Commands flow and the document is wanted: what has to be done before it is asked for. */
  prepare(): Promise<void>;
  /** Commands don't flow any more. */
  lost(): void;
  /** There is no such document for one any more. */
  ended(error: MadangError): void;
  /** The phase is another. */
  changed(): void;
}

/** Keeps one document open on the server, on one connection after the other. */
export class Opener {
  readonly #host: OpenerHost;
  #phase: OpenPhase = "closed";
  #error: MadangError | null = null;
  #unwatch: (() => void) | undefined;
  #flows = false;
  /** Which asking is the newest: others have nothing to say any more. */
  #asked = 0;
  #vain = 0;
  readonly #timer = new Timer(systemClock);

  constructor(host: OpenerHost) {
    this.#host = host;
  }

  get phase(): OpenPhase {
    return this.#phase;
  }

  /** Why it is gone, forbidden or failed. */
  get error(): MadangError | null {
    return this.#error;
  }

  /** Whether it is wanted. */
  get started(): boolean {
    return this.#unwatch !== undefined;
  }

  /** Wants the document from now on. */
  start(): void {
    if (this.started) return;
    const { connection } = this.#host.client;
    this.#phase = "offline";
    this.#unwatch = connection.subscribe(() => this.#look());
    this.#look();
  }

  /** Does not want it any more. */
  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#timer.clear();
    this.#asked += 1;
    const { client, sessionId, document } = this.#host;
    if (this.#flows && (this.#phase === "live" || this.#phase === "opening")) {
      client.send("close_document", { session_id: sessionId, document }, { onLoss: "fail" }).catch(() => {});
    }
    this.#flows = false;
    this.#phase = "closed";
    this.#host.changed();
  }

  /** The server has it open for this connection, and what it said is taken in. */
  opened(): void {
    this.#timer.clear();
    this.#asked += 1;
    this.#vain = 0;
    this.#error = null;
    this.#phase = "live";
    this.#host.changed();
  }

  /** What is here is not what the server has: asks for what is missing, or for the whole. */
  again(): void {
    if (this.#flows && (this.#phase === "live" || this.#phase === "opening")) this.#ask();
  }

  /** There is no such document for one any more. */
  ended(phase: "gone" | "forbidden", error: MadangError): void {
    this.#timer.clear();
    this.#asked += 1;
    this.#error = error;
    this.#phase = phase;
    this.#host.ended(error);
    this.#host.changed();
  }

  #look(): void {
    const flows = this.#host.client.connection.getSnapshot().status === "connected";
    if (flows === this.#flows) return;
    this.#flows = flows;
    this.#timer.clear();
    this.#asked += 1;
    if (flows) {
      this.#ask();
      return;
    }
    this.#host.lost();
    if (this.#phase !== "gone" && this.#phase !== "forbidden") this.#phase = "offline";
    this.#host.changed();
  }

  #ask(): void {
    this.#asked += 1;
    const asked = this.#asked;
    this.#phase = "opening";
    this.#host.changed();
    this.#open(asked).catch((error: unknown) => {
      if (asked === this.#asked) this.#refused(asMadangError(error));
    });
  }

  async #open(asked: number): Promise<void> {
    const { client, sessionId, document } = this.#host;
    await this.#host.prepare();
    if (asked !== this.#asked) return;
    const data = { session_id: sessionId, document, ...this.#host.place() };
    await client.send("open_document", data, { onLoss: "fail" });
  }

  #refused(error: MadangError): void {
    const { code } = error;
    if (code === "CONNECTION_LOST" || code === "CLOSED") return;
    if (code === "NOT_FOUND" || code === "INVALID_SESSION") this.ended("gone", error);
    else if (code === "FORBIDDEN") this.ended("forbidden", error);
    else {
      this.#phase = "failed";
      this.#error = error;
      const pause = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#vain, 10));
      this.#vain += 1;
      this.#timer.set(error.retryAfter ?? pause, () => this.#ask());
      this.#host.changed();
    }
  }
}
