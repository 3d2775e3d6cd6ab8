import type {
  CommandData,
  Connected,
  CreateSession,
  ErrorData,
  EventData,
  Hello,
  SessionChanged,
} from "@madang/protocol";
import { addressOfPage } from "./address.js";
import { Connection } from "./connection.js";
import { errorFrom, MadangError } from "./errors.js";
import { Cell, Listeners, type Report } from "./listeners.js";
import { ModelsStore } from "./lists/models.js";
import { SessionsStore } from "./lists/sessions.js";
import { Outbox } from "./outbox.js";
import type { StoreHost } from "./session/host.js";
import { SessionStore } from "./session/store.js";
import { CACHED_LISTS_MAX, CACHED_SESSIONS_MAX, DEFAULT_SETTINGS, FOLLOWED_MAX } from "./settings.js";
import { type ClientStats, newStats } from "./stats.js";
import { newCommandId, systemClock, systemSurroundings } from "./surroundings.js";
import type {
  Answer,
  ClientOptions,
  CommandType,
  ConnectionState,
  Envelope,
  EventType,
  MessageKeeper,
  Readable,
  SendOptions,
  SocketConstructor,
  Why,
} from "./types.js";

/** Hears one type of event: its data, and what went around it. */
export type Handler<T extends EventType> = (data: EventData[T], envelope: Envelope<T>) => void;

const STATE_INVALIDATED = 4202;

/** Makes a client. It does nothing until `connect`. */
export function createClient(options: ClientOptions = {}): MadangClient {
  return new MadangClient(options);
}

/** A client of one Madang server: one connection, and everything that is known through it. */
export class MadangClient {
  /** Counters for diagnosis. */
  readonly stats: Readonly<ClientStats>;
  /** The models one may choose. */
  readonly models: ModelsStore;
  readonly #stats: ClientStats;
  readonly #report: Report;
  readonly #host: StoreHost;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #keeper: MessageKeeper | undefined;
  readonly #server: Cell<Connected | null>;
  readonly #handlers = new Map<string, Listeners<[EventData[EventType], Envelope]>>();
  readonly #sessions = new Map<string, SessionStore>();
  readonly #lists = new Map<string, SessionsStore>();
  readonly #client: Hello["client"];
  #flowing = false;
  #helloId = "";
  #resumed: ReadonlySet<string> = new Set();

  constructor(options: ClientOptions) {
    const clock = options.clock ?? systemClock;
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#report = options.onError ?? reportToConsole;
    this.#client = options.client ?? { name: "@madang/client", version: "0.1.0" };
    this.#stats = newStats();
    this.stats = this.#stats;
    this.#server = new Cell<Connected | null>(null, this.#report, "server listener");
    const counted: Report = (error, where) => {
      this.#stats.handlerErrors += 1;
      this.#report(error, where);
    };
    this.#connection = new Connection(
      {
        url: options.url ?? addressOfPage(),
        credentials: options.credentials,
        WebSocket: options.WebSocket ?? globalSocket(),
        fetch: options.fetch ?? globalThis.fetch?.bind(globalThis),
        settings,
        clock,
        surroundings: options.surroundings ?? systemSurroundings,
        stats: this.#stats,
        report: counted,
      },
      {
        hello: () => this.#hello(),
        onConnected: (connected, helloId) => this.#connected(connected, helloId),
        onEvent: (envelope) => this.#event(envelope),
        onLost: (why) => this.#lost(why),
        onEnded: (error) => this.#ended(error),
      },
    );
    this.#keeper = options.keeper;
    const messageBytes = () => this.#server.getSnapshot()?.limits?.message_bytes;
    const send = (text: string) => this.#connection.send(text);
    this.#outbox = new Outbox({ settings, clock, stats: this.#stats, send, messageBytes });
    this.#host = {
      settings,
      clock,
      stats: this.#stats,
      report: counted,
      send: (type, data, how) => this.#outbox.add(type, data, how),
      drop: (id) => this.#outbox.drop(id),
      isUnsent: (id) => this.#outbox.isUnsent(id),
      connected: () => this.#flowing,
      userId: () => this.#server.getSnapshot()?.user_id,
      keep: (sessionId, messages) =>
        this.#guarded("keeping messages", () => this.#keeper?.keep(sessionId, messages)),
      newId: () => newCommandId(clock),
    };
    this.models = new ModelsStore(this.#host);
  }

  /** How the connection stands. */
  get connection(): Readable<ConnectionState> {
    return this.#connection.state;
  }

  /** Who one is and what the server can do, as of the last `connected`; null before the first. */
  get server(): Readable<Connected | null> {
    return this.#server;
  }

  /** Commands that have no answer yet. */
  get waitingCommands(): number {
    return this.#outbox.size;
  }

  /** Connects, and stays connected until `close`. */
  connect(): void {
    this.#connection.connect();
  }

  /** Ends the connection; commands without an answer fail with `CLOSED`. */
  close(): void {
    this.#connection.close();
  }

  /** Tries at once instead of waiting; or, when connected, makes sure of it. */
  retryNow(): void {
    this.#connection.wake();
  }

  /** Sends a command. Without a connection it waits; after a lost one it is sent again with the same id. */
  send<T extends Exclude<CommandType, "hello">>(
    type: T,
    data: CommandData[T],
    options?: SendOptions,
  ): Promise<Answer<T>> {
    return this.#outbox.add(type, data, options);
  }

  /** Hears a type of event, until the returned function is called. */
  on<T extends EventType>(type: T, handler: Handler<T>): () => void {
    let listeners = this.#handlers.get(type);
    if (listeners === undefined) {
      listeners = new Listeners(this.#host.report, `handler of ${type}`);
      this.#handlers.set(type, listeners);
    }
    return listeners.add((data, envelope) => handler(data as EventData[T], envelope as Envelope<T>));
  }

  /** A session; the same store for the same id, while it is in use or was lately. */
  session(sessionId: string): SessionStore {
    let store = this.#sessions.get(sessionId);
    if (store === undefined) {
      store = new SessionStore(sessionId, this.#host);
      this.#trim();
    } else this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, store);
    return store;
  }

  /** The list of sessions whose titles contain `query`; all without. */
  sessions(query = ""): SessionsStore {
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

  /** Makes a session; gives its id. */
  async createSession(data: CreateSession = {}): Promise<string> {
    const ack = await this.send("create_session", data);
    if (ack.session_id === undefined) throw new MadangError("INTERNAL_ERROR", "The answer named no session.");
    return ack.session_id;
  }

  /** Milliseconds for a `ping` and its answer. */
  async measureLatency(): Promise<number> {
    const before = this.#host.clock.now();
    await this.send("ping", { timestamp: before }, { onLoss: "fail" });
    return this.#host.clock.now() - before;
  }

  #trim(): void {
    for (const [id, store] of this.#sessions) {
      if (this.#sessions.size < CACHED_SESSIONS_MAX) return;
      if (store.readers > 0 || store.getSnapshot().pending.length > 0) continue;
      store.releaseNow();
      this.#sessions.delete(id);
    }
  }

  #hello(): Hello {
    const followed = [...this.#sessions].filter(([, store]) => store.followed).slice(-FOLLOWED_MAX);
    const points = followed.flatMap(([id, store]) => {
      const point = store.resumePoint();
      return point === undefined ? [] : [[id, point] as const];
    });
    this.#resumed = new Set(points.map(([id]) => id));
    if (points.length === 0) return { client: this.#client };
    return { client: this.#client, resume: { sessions: Object.fromEntries(points) } };
  }

  #connected(connected: Connected, helloId: string): void {
    this.#server.set(connected);
    if (this.#flowing) return;
    this.#flowing = true;
    this.#helloId = helloId;
    for (const [id, store] of this.#sessions) store.connected(this.#resumed.has(id));
    const left = this.#guarded("reading kept messages", () => this.#keeper?.open(connected.user_id)) ?? [];
    for (const [id, messages] of left) this.session(id).restore(messages);
    this.#outbox.opened();
    for (const list of this.#lists.values()) list.connected();
    this.models.connected();
  }

  #lost(why: Why): void {
    this.#flowing = false;
    this.#outbox.lost(why.code);
    for (const store of this.#sessions.values()) {
      if (why.code === STATE_INVALIDATED) store.invalidate();
      store.lost();
    }
  }

  #ended(error: MadangError): void {
    this.#flowing = false;
    this.#outbox.ended(error);
    for (const store of this.#sessions.values()) store.lost();
  }

  #event(envelope: Envelope): void {
    this.#guarded(`event ${envelope.type}`, () => {
      this.#outbox.answer(envelope);
      this.#route(envelope);
    });
    this.#handlers.get(envelope.type)?.emit(envelope.data, envelope);
  }

  #route(envelope: Envelope): void {
    const id = envelope.session_id ?? ("session_id" in envelope.data ? envelope.data.session_id : undefined);
    const store = typeof id === "string" ? this.#sessions.get(id) : undefined;
    if (envelope.type === "error") {
      if (envelope.correlation_id === this.#helloId) this.#resumeRefused(envelope, store);
      return;
    }
    if (envelope.type === "session_deleted" && typeof id === "string") {
      for (const list of this.#lists.values()) list.forget(id);
    }
    if (envelope.type === "session_changed") this.#lineChanged(envelope);
    else store?.receive(envelope);
  }

  /** An error that answers `hello` is about one of its sessions; if it doesn't say which, each asks for itself. */
  #resumeRefused(envelope: Envelope, store: SessionStore | undefined): void {
    if (store !== undefined) store.refused(errorFrom(envelope.data as Partial<ErrorData>));
    else for (const one of this.#sessions.values()) one.askAlone();
  }

  #guarded<T>(what: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#report(error, what);
      return undefined;
    }
  }

  #lineChanged(envelope: Envelope): void {
    const { summary } = envelope.data as SessionChanged;
    for (const list of this.#lists.values()) list.changed(summary);
    this.#sessions.get(summary.session_id)?.receive(envelope);
  }
}

function globalSocket(): SocketConstructor {
  if (typeof WebSocket === "function") return WebSocket;
  throw new TypeError("createClient needs a `WebSocket` class where there is no global one.");
}

function reportToConsole(error: unknown, where: string): void {
  console.error(`madang: ${where}:`, error);
}
