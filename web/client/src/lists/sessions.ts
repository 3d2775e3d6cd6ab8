import type { ReadMarked, SessionSummary } from "@madang/protocol";
import { asMadangError } from "../errors.js";
import { LIST_PAGE, LIST_PAGE_MAX } from "../limits.js";
import type { StoreHost } from "../session/host.js";
import { type LoadingSnapshot, LoadingStore } from "./loading.js";

/** A list of sessions as it is shown. */
export interface SessionsSnapshot extends LoadingSnapshot {
  /** Newest activity first; a line that has not changed is the same object as before. */
  readonly sessions: readonly SessionSummary[];
  /** Whether `loadMore` has something to load. */
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
}

const EMPTY: SessionsSnapshot = {
  status: "idle",
  sessions: [],
  hasMore: false,
  loadingMore: false,
  error: null,
};

/** The list of one's sessions whose titles contain `query`; kept up to date by the server's word. */
export class SessionsStore extends LoadingStore<SessionsSnapshot> {
  readonly query: string;
  #next: string | undefined;

  constructor(query: string, host: StoreHost) {
    super(EMPTY, host, "sessions listener");
    this.query = query;
  }

  /** Loads the next page. */
  async loadMore(): Promise<void> {
    const cursor = this.#next;
    if (cursor === undefined || this.getSnapshot().loadingMore) return;
    this.change({ loadingMore: true });
    try {
      const page = await this.host.send("list_sessions", { ...this.#page(), cursor });
      // A list that was renewed meanwhile ends elsewhere.
      if (this.#next !== cursor) return;
      this.#next = page.next;
      this.change({
        sessions: merged(this.getSnapshot().sessions, page.sessions),
        hasMore: page.next !== undefined,
      });
    } catch (error) {
      this.change({ error: asMadangError(error) });
    } finally {
      this.change({ loadingMore: false });
    }
  }

  /** A line is new or changed. Called by the client. */
  changed(summary: SessionSummary): void {
    const fits = summary.status !== "deleted" && contains(summary.title, this.query);
    if (fits) this.change({ sessions: merged(this.getSnapshot().sessions, [summary]) });
    else this.forget(summary.session_id);
  }

  /** A session is read as far as this. Called by the client. */
  read(sessionId: string, mark: ReadMarked): void {
    const { unread, unread_mentions } = mark;
    const line = this.getSnapshot().sessions.find((one) => one.session_id === sessionId);
    if (line !== undefined) this.changed({ ...line, unread, unread_mentions });
  }

  /** A session is gone. Called by the client. */
  forget(sessionId: string): void {
    const { sessions } = this.getSnapshot();
    const left = sessions.filter((line) => line.session_id !== sessionId);
    if (left.length < sessions.length) this.change({ sessions: left });
  }

  protected override async fetch(): Promise<Partial<SessionsSnapshot>> {
    // A list that is renewed stays as long as it was, as far as one page goes.
    const limit = Math.min(Math.max(this.getSnapshot().sessions.length, LIST_PAGE), LIST_PAGE_MAX);
    const page = await this.host.send("list_sessions", { ...this.#page(), limit }, { onLoss: "fail" });
    this.#next = page.next;
    return { sessions: kept(this.getSnapshot().sessions, page.sessions), hasMore: page.next !== undefined };
  }

  #page(): { query?: string; limit: number } {
    return this.query === "" ? { limit: LIST_PAGE } : { query: this.query, limit: LIST_PAGE };
  }
}

function contains(title: string, query: string): boolean {
  return title.toLowerCase().includes(query.toLowerCase());
}

function same(a: SessionSummary, b: SessionSummary): boolean {
  return (Object.keys(b) as (keyof SessionSummary)[]).every((key) => a[key] === b[key]);
}

/** `fresh`, with the old objects where nothing has changed. */
function kept(old: readonly SessionSummary[], fresh: readonly SessionSummary[]): readonly SessionSummary[] {
  const known = new Map(old.map((line) => [line.session_id, line]));
  return fresh.map((line) => {
    const before = known.get(line.session_id);
    return before !== undefined && same(before, line) ? before : line;
  });
}

function merged(old: readonly SessionSummary[], fresh: readonly SessionSummary[]): readonly SessionSummary[] {
  const lines = kept(old, fresh);
  const ids = new Set(lines.map((line) => line.session_id));
  const others = old.filter((line) => !ids.has(line.session_id));
  return [...others, ...lines].sort((a, b) => b.last_activity - a.last_activity);
}
