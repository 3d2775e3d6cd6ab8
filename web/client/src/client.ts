import type { CommandData, Connected, CreateSession, EventData, Hello, Invited } from "@madang/protocol";
import { addressOfPage } from "./address.js";
import { Connection } from "./connection.js";
import { MadangError } from "./errors.js";
import { Cell, Listeners, type Report, reportToConsole } from "./listeners.js";
import type { ModelsStore } from "./lists/models.js";
import type { SessionsStore } from "./lists/sessions.js";
import { Outbox } from "./outbox.js";
import type { StoreHost } from "./session/host.js";
import type { SessionStore } from "./session/store.js";
import { DEFAULT_SETTINGS } from "./settings.js";
import { type ClientStats, newStats } from "./stats.js";
import { Stores } from "./stores.js";
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

/** The close code that says: come back for a snapshot. */
const STATE_INVALIDATED = 4202;

/** Makes a client. It does nothing until `connect`. */
export function createClient(options: ClientOptions = {}): MadangClient {
  return new MadangClient(options);
}

/** A client of one Madang server: one connection, and everything that is known through it. */
export class MadangClient {
  readonly #stats = newStats();
  readonly #report: Report;
  readonly #host: StoreHost;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #stores: Stores;
  readonly #keeper: MessageKeeper | undefined;
  readonly #server: Cell<Connected | null>;
  readonly #handlers = new Map<string, Listeners<[EventData[EventType], Envelope]>>();
  readonly #client: Hello["client"];
  #flowing = false;

  constructor(options: ClientOptions) {
    this.#report = options.onError ?? reportToConsole;
    this.#client = options.client ?? { name: "@madang/client", version: "0.1.0" };
    this.#keeper = options.keeper;
    this.#host = this.#makeHost(options);
    this.#server = new Cell<Connected | null>(null, this.#host.report, "server listener");
    this.#connection = this.#makeConnection(options);
    this.#outbox = new Outbox({
      ...this.#host,
      send: (text) => this.#connection.send(text),
      messageBytes: () => this.#server.getSnapshot()?.limits?.message_bytes,
    });
    this.#stores = new Stores(this.#host);
  }

  /** How the connection stands. */
  get connection(): Readable<ConnectionState> {
    return this.#connection.state;
  }

  /** Who one is and what the server can do, as of the last `connected`; null before the first. */
  get server(): Readable<Connected | null> {
    return this.#server;
  }

  /** The models one may choose. */
  get models(): ModelsStore {
    return this.#stores.models;
  }

  /** The sessions that one was asked into and has not entered, newest first. */
  get invitations(): Readable<readonly Invited[]> {
    return this.#stores.offers;
  }

  /** Counters for diagnosis. */
  get stats(): Readonly<ClientStats> {
    return this.#stats;
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

  /**
   * Connects afresh with the credential there is now: after a login, a logout, a sign-up. Does nothing before `connect`.
   *
   * If that makes one another person, commands without an answer fail with `CLOSED`, and nothing of the former one's is kept.
   */
  reauthenticate(): void {
    this.#connection.restart();
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
    return this.#stores.session(sessionId);
  }

  /** The list of sessions whose titles contain `query`; all without. */
  sessions(query = ""): SessionsStore {
    return this.#stores.list(query);
  }

  /** Makes a session; gives its id. */
  async createSession(data: CreateSession = {}): Promise<string> {
    const ack = await this.send("create_session", data);
    if (ack.session_id === undefined) throw new MadangError("INTERNAL_ERROR", "The answer named no session.");
    return ack.session_id;
  }

  /** Enters a session, by its id (as a member, or invited) or by an invite code; gives its id. */
  async join(idOrCode: string): Promise<string> {
    const { session_id } = await this.send("join_collaboration", { session_id: idOrCode }).catch((error) => {
      // An invitation that was taken back is not told to whom it was made.
      if (error.code === "NOT_FOUND") this.#stores.offers.forget(idOrCode);
      throw error;
    });
    // Entering attached the connection: somebody follows it soon, or it is let go.
    this.session(session_id).follow()();
    return session_id;
  }

  /** Takes an invitation out of sight, on this client alone. */
  dismissInvitation(sessionId: string): void {
    this.#stores.offers.forget(sessionId);
  }

  /** Milliseconds for a `ping` and its answer. */
  async measureLatency(): Promise<number> {
    const before = this.#host.clock.now();
    await this.send("ping", { timestamp: before }, { onLoss: "fail" });
    return this.#host.clock.now() - before;
  }

  #makeHost(options: ClientOptions): StoreHost {
    const clock = options.clock ?? systemClock;
    return {
      clock,
      settings: { ...DEFAULT_SETTINGS, ...options.settings },
      stats: this.#stats,
      report: (error, where) => {
        this.#stats.handlerErrors += 1;
        this.#report(error, where);
      },
      send: (type, data, how) => this.#outbox.add(type, data, how),
      drop: (id) => this.#outbox.drop(id),
      isUnsent: (id) => this.#outbox.isUnsent(id),
      connected: () => this.#flowing,
      userId: () => this.#server.getSnapshot()?.user_id,
      keep: (id, messages) => this.#guarded("keeping messages", () => this.#keeper?.keep(id, messages)),
      newId: () => newCommandId(clock),
    };
  }

  #makeConnection(options: ClientOptions): Connection {
    return new Connection(
      {
        ...this.#host,
        url: options.url ?? addressOfPage(),
        credentials: options.credentials,
        WebSocket: options.WebSocket ?? globalSocket(),
        fetch: options.fetch ?? globalThis.fetch?.bind(globalThis),
        surroundings: options.surroundings ?? systemSurroundings,
      },
      {
        hello: () => this.#hello(),
        onConnected: (connected) => this.#connected(connected),
        onEvent: (envelope) => this.#event(envelope),
        onLost: (why) => this.#lost(why),
        onEnded: (error) => this.#ended(error),
      },
    );
  }

  #hello(): Hello {
    const sessions = this.#stores.resumePoints();
    return { client: this.#client, ...(Object.keys(sessions).length === 0 ? {} : { resume: { sessions } }) };
  }

  #connected(connected: Connected): void {
    const before = this.#server.getSnapshot()?.user_id;
    this.#server.set(connected);
    if (before !== undefined && before !== connected.user_id) this.#changed();
    else if (this.#flowing) return;
    this.#flowing = true;
    const left = this.#guarded("reading kept messages", () => this.#keeper?.open(connected.user_id)) ?? [];
    for (const [id, messages] of left) this.session(id).restore(messages);
    this.#stores.connected();
    this.#outbox.opened();
  }

  /** Someone else is signed in: nothing of the former one's is theirs, and none of it is sent in their name. */
  #changed(): void {
    this.#outbox.forsake(new MadangError("CLOSED", "Someone else is signed in now."));
    this.#stores.renew();
  }

  #lost(why: Why): void {
    this.#flowing = false;
    this.#outbox.lost(why.code);
    this.#stores.lost(why.code === STATE_INVALIDATED);
  }

  #ended(error: MadangError): void {
    this.#flowing = false;
    this.#outbox.ended(error);
    this.#stores.lost(false);
  }

  #event(envelope: Envelope): void {
    this.#guarded(`event ${envelope.type}`, () => {
      // An error that answers no command is about a session that `hello` named.
      const answered = this.#outbox.answer(envelope);
      if (envelope.type !== "error") this.#stores.receive(envelope);
      else if (!answered) this.#stores.resumeRefused(envelope as Envelope<"error">);
    });
    this.#handlers.get(envelope.type)?.emit(envelope.data, envelope);
  }

  #guarded<T>(what: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#report(error, what);
      return undefined;
    }
  }
}

function globalSocket(): SocketConstructor {
  if (typeof WebSocket === "function") return WebSocket;
  throw new TypeError("createClient needs a `WebSocket` class where there is no global one.");
}
