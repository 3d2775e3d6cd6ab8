import type { SearchHit } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { asMadangError, type MadangError } from "../errors.js";
import { Cell, reportToConsole } from "../listeners.js";
import { systemClock } from "../surroundings.js";
import { Timer } from "../timer.js";
import type { Readable } from "../types.js";

/** Milliseconds without another key before a search is made. */
const PAUSE_MS = 150;
/** Hits asked for in one page. */
const HITS_PAGE = 30;

/** What a search has found so far. */
export interface SearchSnapshot {
  /** Nothing is looked for; on its way (what was found before is still here); here; could not be had. */
  readonly status: "idle" | "loading" | "ready" | "failed";
  /** What is looked for. */
  readonly query: string;
  /** Newest first. */
  readonly hits: readonly SearchHit[];
  /** Whether `loadMore` has something to load. */
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error: MadangError | null;
}

const EMPTY: SearchSnapshot = {
  status: "idle",
  query: "",
  hits: [],
  hasMore: false,
  loadingMore: false,
  error: null,
};

/** A search over the messages of all sessions that one may see, or of one session. The newest query counts. */
export class SearchStore implements Readable<SearchSnapshot> {
  readonly #client: MadangClient;
  readonly #sessionId: string | undefined;
  readonly #state = new Cell(EMPTY, reportToConsole, "search listener");
  readonly #timer = new Timer(systemClock);
  #next: string | undefined;
  #asking = new AbortController();

  constructor(client: MadangClient, sessionId?: string) {
    this.#client = client;
    this.#sessionId = sessionId;
  }

  readonly getSnapshot = (): SearchSnapshot => this.#state.getSnapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  /** Looks for other words, once they have stood for a moment. */
  find(query: string): void {
    const words = query.trim();
    const { query: before, status } = this.getSnapshot();
    if (words === before && status !== "failed") return;
    this.#stop();
    if (words === "") this.#state.set(EMPTY);
    else {
      this.#change({ query: words, status: "loading", loadingMore: false });
      this.#timer.set(PAUSE_MS, () => this.#page(undefined));
    }
  }

  /** Loads the next page. */
  loadMore(): void {
    const { status, loadingMore } = this.getSnapshot();
    if (status !== "ready" || loadingMore || this.#next === undefined) return;
    this.#change({ loadingMore: true });
    void this.#page(this.#next);
  }

  async #page(cursor: string | undefined): Promise<void> {
    const { signal } = this.#asking;
    const where = this.#sessionId === undefined ? {} : { session_id: this.#sessionId };
    const from = cursor === undefined ? {} : { cursor };
    const data = { query: this.getSnapshot().query, limit: HITS_PAGE, ...where, ...from };
    try {
      const { hits, next } = await this.#client.send("search", data, { signal });
      const before = cursor === undefined ? [] : this.getSnapshot().hits;
      this.#next = next;
      this.#change({ status: "ready", hits: [...before, ...hits], hasMore: next !== undefined, error: null });
    } catch (error) {
      if (!signal.aborted) this.#change({ status: "failed", error: asMadangError(error) });
    } finally {
      if (!signal.aborted) this.#change({ loadingMore: false });
    }
  }

  #stop(): void {
    this.#timer.clear();
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#next = undefined;
  }

  #change(change: Partial<SearchSnapshot>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }
}

/** A hit's text in pieces: what matched, and what stands around it. Text from others: to be shown as text. */
export function snippetOf(hit: SearchHit): readonly { readonly text: string; readonly matched: boolean }[] {
  return hit.snippet
    .split(/(\uE000[^\uE001]*\uE001)/u)
    .map((piece) => ({ text: piece.replace(/[\uE000\uE001]/gu, ""), matched: piece.startsWith("\uE000") }))
    .filter((piece) => piece.text !== "");
}
