import type { SessionSummary } from "@madang/protocol";
import { asMadangError, type MadangError } from "../errors.js";
import { Cell } from "../listeners.js";
import type { StoreHost } from "../session/host.js";
import { LIST_PAGE } from "../settings.js";
import type { Readable } from "../types.js";

/** A list of sessions as it is shown. */
export interface SessionsSnapshot {
  /** Nothing asked yet; on its way for the first time; here (perhaps being renewed); could not be had. */
  readonly status: "idle" | "loading" | "ready" | "failed";
  /** Newest activity first; a line that has not changed is the same object as before. */
  readonly sessions: readonly SessionSummary[];
  /** Whether `loadMore` has something to load. */
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error: MadangError | null;
}

const EMPTY: SessionsSnapshot = {
  status: "idle",
  sessions: [],
  hasMore: false,
  loadingMore: false,
  error: null,
};

/** The list of one's sessions whose titles contain `query`; kept up to date while someone listens. */
export class SessionsStore implements Readable<SessionsSnapshot> {
  readonly query: string;
  readonly #host: StoreHost;
  readonly #state: Cell<SessionsSnapshot>;
  #next: string | undefined;
  #loading = false;
  #stale = true;

  constructor(query: string, host: StoreHost) {
    this.query = query;
    this.#host = host;
    this.#state = new Cell(EMPTY, host.report, "sessions listener");
  }

  readonly getSnapshot = (): SessionsSnapshot => this.#state.getSnapshot();

  /** Listening loads the list, and renews it after a reconnection. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const unsubscribe = this.#state.subscribe(listener);
    if (this.#stale) this.#load();
    return unsubscribe;
  };

  /** Whether someone listens. */
  get listeners(): number {
    return this.#state.listeners;
  }

  /** Asks for the first page again. */
  reload(): void {
    this.#load();
  }

  /** Loads the next page. */
  async loadMore(): Promise<void> {
    const cursor = this.#next;
    if (cursor === undefined || this.getSnapshot().loadingMore) return;
    this.#change({ loadingMore: true });
    try {
      const page = await this.#host.send("list_sessions", { ...this.#filter(), cursor, limit: LIST_PAGE });
      if (this.#next !== cursor) return;
      this.#next = page.next;
      this.#change({
        sessions: merged(this.getSnapshot().sessions, page.sessions),
        hasMore: page.next !== undefined,
      });
    } catch (error) {
      this.#change({ error: asMadangError(error) });
    } finally {
      this.#change({ loadingMore: false });
    }
  }

  /** Commands flow again: what is here may be old. */
  connected(): void {
    this.#stale = true;
    if (this.listeners > 0) this.#load();
  }

  /** A line is new or changed. */
  changed(summary: SessionSummary): void {
    const { sessions } = this.getSnapshot();
    const fits = summary.status !== "deleted" && contains(summary.title, this.query);
    if (fits) this.#change({ sessions: merged(sessions, [summary]) });
    else this.forget(summary.session_id);
  }

  /** A session is gone. */
  forget(sessionId: string): void {
    const { sessions } = this.getSnapshot();
    if (sessions.some((line) => line.session_id === sessionId)) {
      this.#change({ sessions: sessions.filter((line) => line.session_id !== sessionId) });
    }
  }

  #load(): void {
    if (this.#loading || !this.#host.connected()) {
      if (this.getSnapshot().status === "idle") this.#change({ status: "loading" });
      return;
    }
    this.#loading = true;
    this.#stale = false;
    if (this.getSnapshot().status !== "ready") this.#change({ status: "loading", error: null });
    this.#host.send("list_sessions", { ...this.#filter(), limit: LIST_PAGE }, { onLoss: "fail" }).then(
      (page) => {
        this.#loading = false;
        this.#next = page.next;
        const sessions = kept(this.getSnapshot().sessions, page.sessions);
        this.#change({ status: "ready", sessions, hasMore: page.next !== undefined, error: null });
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

  #filter(): { query?: string } {
    return this.query === "" ? {} : { query: this.query };
  }

  #change(change: Partial<SessionsSnapshot>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }
}

function contains(title: string, query: string): boolean {
  return title.toLowerCase().includes(query.toLowerCase());
}

function same(a: SessionSummary, b: SessionSummary): boolean {
  return (Object.keys(b) as (keyof SessionSummary)[]).every((key) => a[key] === b[key]);
}

/** `fresh`, with the old objects where nothing has changed. */
function kept(old: readonly SessionSummary[], fresh: readonly SessionSummary[]): SessionSummary[] {
  const known = new Map(old.map((line) => [line.session_id, line]));
  return fresh.map((line) => {
    const before = known.get(line.session_id);
    return before !== undefined && same(before, line) ? before : line;
  });
}

function merged(old: readonly SessionSummary[], fresh: readonly SessionSummary[]): readonly SessionSummary[] {
  const lines = kept(old, fresh);
  const ids = new Set(lines.map((line) => line.session_id));
  return [...old.filter((line) => !ids.has(line.session_id)), ...lines].sort(
    (a, b) => b.last_activity - a.last_activity,
  );
}
