import type { SocketConstructor } from "./types.js";

/** What a socket tells. Each function is called at most once, but for `onFrame`; none after `drop`. */
export interface SocketEvents {
  onOpen(): void;
  onFrame(data: unknown): void;
  onClose(code: number, reason: string): void;
}

/** What all WebSocket classes have in common. */
interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
}

/** One WebSocket with its listeners, which can be dropped without waiting for a dead network. */
export class Socket {
  readonly #socket: SocketLike;

  constructor(Class: SocketConstructor, url: string, protocols: string[], events: SocketEvents) {
    const socket = new Class(url, protocols) as SocketLike;
    this.#socket = socket;
    socket.onopen = () => events.onOpen();
    socket.onmessage = (event) => events.onFrame(event.data);
    socket.onclose = (event) => {
      this.#release();
      events.onClose(event.code, String(event.reason ?? ""));
    };
    // `close` follows and says more.
    socket.onerror = ignore;
  }

  /** Sends a text frame. Throws when the socket is not open. */
  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes it and hears nothing of it any more. */
  drop(code = 1000, reason = ""): void {
    this.#release();
    try {
      this.#socket.close(code, reason);
    } catch {
      // Some classes throw while the handshake is under way; it ends by itself.
    }
  }

  /** Keeps `onerror`: `ws` throws for an error that nobody hears. */
  #release(): void {
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
  }
}

function ignore(): void {}
