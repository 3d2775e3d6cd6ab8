/** A client on a fake WebSocket and fake timers. */
import type { Connected } from "@madang/protocol";
import { afterEach, beforeEach, vi } from "vitest";
import {
  type ClientOptions,
  type Clock,
  type CommandType,
  createClient,
  type Envelope,
  type MadangClient,
  type Surroundings,
} from "../../src/index.js";
import { systemClock } from "../../src/surroundings.js";
import { connected, event, type SentCommand } from "./fixtures.js";

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly frames: string[] = [];
  closedWith: number | undefined;
  isOpen = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    if (!this.isOpen) throw new Error("not open");
    this.frames.push(text);
  }

  close(code?: number): void {
    this.isOpen = false;
    this.closedWith = code;
  }

  /** The handshake succeeds. */
  accept(): void {
    this.isOpen = true;
    this.onopen?.();
  }

  /** The server sends a frame: envelopes as one array, or any text. */
  deliver(...content: (Envelope | string)[]): void {
    const [first] = content;
    if (typeof first === "string") this.onmessage?.({ data: first });
    else this.onmessage?.({ data: JSON.stringify(content.length === 1 ? first : content) });
  }

  /** The connection ends from the other side. */
  die(code: number, reason = ""): void {
    this.isOpen = false;
    this.onclose?.({ code, reason });
  }

  /** The commands sent so far, of one type or all. */
  sent<T extends CommandType>(type?: T): SentCommand<T>[] {
    const all = this.frames.map((frame) => JSON.parse(frame) as SentCommand<T>);
    return type === undefined ? all : all.filter((command) => command.type === type);
  }

  /** The last command of a type; fails the test when there is none. */
  last<T extends CommandType>(type: T): SentCommand<T> {
    const command = this.sent(type).at(-1);
    if (command === undefined)
      throw new Error(`no ${type} was sent, but: ${this.sent().map((one) => one.type)}`);
    return command;
  }
}

/** A network that the test switches. */
export class FakeSurroundings implements Surroundings {
  readonly listeners = new Set<(change: "online" | "offline" | "visible") => void>();
  isOnline = true;

  online(): boolean {
    return this.isOnline;
  }

  watch(listener: (change: "online" | "offline" | "visible") => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  say(change: "online" | "offline" | "visible"): void {
    if (change !== "visible") this.isOnline = change === "online";
    for (const listener of [...this.listeners]) listener(change);
  }
}

export interface Harness {
  readonly client: MadangClient;
  readonly sockets: FakeSocket[];
  readonly surroundings: FakeSurroundings;
  readonly errors: string[];
  /** What `random` gives. */
  chance: number;
  /** The newest socket. */
  socket(): FakeSocket;
  /** Lets promises settle. */
  settle(): Promise<void>;
  /** The newest socket opens and the server says `connected`, with `after` in the same frame. */
  welcome(change?: Partial<Connected>, ...after: Envelope[]): Promise<FakeSocket>;
  /** `connect`, and `welcome`. */
  start(): Promise<FakeSocket>;
  /** Loses the connection and comes back. */
  reconnect(code?: number, ...after: Envelope[]): Promise<FakeSocket>;
}

/** Runs every test of a file on fake timers. */
export function onFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export function harness(options: Partial<ClientOptions> & { readonly clock?: Clock } = {}): Harness {
  const sockets: FakeSocket[] = [];
  const surroundings = new FakeSurroundings();
  const errors: string[] = [];
  class Class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const self: Harness = {
    sockets,
    surroundings,
    errors,
    chance: 0.5,
    client: createClient({
      url: "ws://server.test/ws",
      WebSocket: Class,
      surroundings,
      clock: { ...systemClock, random: () => self.chance },
      onError: (error, where) => errors.push(`${where}: ${error}`),
      ...options,
    }),
    socket() {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error("no socket was made");
      return socket;
    },
    async settle() {
      await vi.advanceTimersByTimeAsync(0);
    },
    async welcome(change, ...after) {
      await self.settle();
      const socket = self.socket();
      socket.accept();
      const hello = socket.last("hello");
      socket.deliver(event("connected", connected(change), { correlation_id: hello.id }), ...after);
      await self.settle();
      return socket;
    },
    async start() {
      self.client.connect();
      return self.welcome();
    },
    async reconnect(code = 1006, ...after) {
      const before = sockets.length;
      self.socket().die(code);
      while (sockets.length === before) await vi.advanceTimersByTimeAsync(100);
      return self.welcome({}, ...after);
    },
  };
  return self;
}
