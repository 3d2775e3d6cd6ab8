import type { Invited, ReadMarked, ResumePoint, SessionChanged } from "@madang/protocol";
import { errorFrom } from "./errors.js";
import { CACHED_LISTS_MAX, CACHED_SESSIONS_MAX, FOLLOWED_MAX } from "./limits.js";
import { ModelsStore } from "./lists/models.js";
import { Offers } from "./lists/offers.js";
import { SessionsStore } from "./lists/sessions.js";
import type { StoreHost } from "./session/host.js";
import { SessionStore } from "./session/store.js";
import type { Envelope } from "./types.js";

/** All that is known: one store for each session and list in use, and for some that were lately. */
export class Stores {
  readonly models: ModelsStore;
  readonly offers: Offers;
  readonly #host: StoreHost;
  /** The one used last is the last. */
  readonly #sessions = new Map<string, SessionStore>();
  readonly #lists = new Map<string, SessionsStore>();
  /** The sessions that the last `hello` asked for. */
  #resumed: ReadonlySet<string> = new Set();

  constructor(host: StoreHost) {
    this.#host = host;
    this.models = new ModelsStore(host);
    this.offers = new Offers([] as readonly Invited[], host.report, "invitations listener");
  }

  session(sessionId: string): SessionStore {
    let store = this.#sessions.get(sessionId);
    if (store === undefined) {
      this.#trim();
      store = new SessionStore(sessionId, this.#host);
    } else this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, store);
    return store;
  }

  list(query: string): SessionsStore {
    let list = this.#lists.get(query);
    if (list === undefined) {
      for (const [key, old] of this.#lists) {
        if (this.#lists.size < CACHED_LISTS_MAX) break;
        if (old.listeners === 0) this.#lists.delete(key);
      }
      list = new SessionsStore(query, this.#host);
      this.#lists.set(query, list);
    }
    return list;
  }

  /** Where the followed sessions stand, for `hello`; those used last, if they are too many. */
  resumePoints(): Record<string, ResumePoint> {
    const followed = [...this.#sessions].filter(([, store]) => store.followed).slice(-FOLLOWED_MAX);
    const points = followed.flatMap(([id, store]) => {
      const point = store.resumePoint();
      return point === undefined ? [] : [[id, point] as const];
    });
    this.#resumed = new Set(points.map(([id]) => id));
    return Object.fromEntries(points);
  }

  /** Commands flow. */
  connected(): void {
    for (const [id, store] of this.#sessions) store.connected(this.#resumed.has(id));
    for (const list of this.#lists.values()) list.connected();
    this.models.connected();
  }

  /** Commands don't flow; if `invalidated`, no place in a log counts any more. */
  lost(invalidated: boolean): void {
    for (const store of this.#sessions.values()) {
      if (invalidated) store.invalidate();
      store.lost();
    }
  }

  /** Someone else is signed in: what is here belonged to another. */
  renew(): void {
    this.#resumed = new Set();
    for (const store of this.#sessions.values()) store.renew();
    for (const list of this.#lists.values()) list.renew();
    this.models.renew();
    this.offers.set([]);
  }

  /** Takes an event to whom it concerns. */
  receive(envelope: Envelope): void {
    const { type, data } = envelope;
    const id = sessionOf(envelope);
    this.offers.receive(envelope, id);
    if (id === undefined) return;
    this.#sessions.get(id)?.receive(envelope);
    for (const list of this.#lists.values()) {
      if (type === "session_changed") list.changed((data as SessionChanged).summary);
      else if (type === "session_deleted" || type === "removed") list.forget(id);
      else if (type === "read_marked") list.read(id, data as ReadMarked);
    }
  }

  /** An error that answers `hello` is about one of its sessions; if it doesn't say which, each asks for itself. */
  resumeRefused(envelope: Envelope<"error">): void {
    const id = sessionOf(envelope);
    if (id !== undefined) this.#sessions.get(id)?.resumeRefused(errorFrom(envelope.data));
    else for (const one of this.#sessions.values()) one.resumeRefused();
  }

  #trim(): void {
    for (const [id, store] of this.#sessions) {
      if (this.#sessions.size < CACHED_SESSIONS_MAX) return;
      if (store.readers > 0 || store.getSnapshot().pending.length > 0) continue;
      store.releaseNow();
      this.#sessions.delete(id);
    }
  }
}

function sessionOf({ type, session_id, data }: Envelope): string | undefined {
  if (type === "session_changed") return (data as SessionChanged).summary.session_id;
  return session_id ?? ("session_id" in data ? data.session_id : undefined);
}
