/** A client that follows `SESSION`. */
import type { SessionState } from "@madang/protocol";
import type { CommandType, Envelope, EventType, SessionStore } from "../../src/index.js";
import { event, SESSION, sessionState } from "./fixtures.js";
import { type FakeSocket, type Harness, harness } from "./harness.js";

/** What a test of a followed session works with. */
export interface Following {
  readonly h: Harness;
  readonly socket: FakeSocket;
  readonly store: SessionStore;
  /** The server sends events of `SESSION`. */
  say<T extends EventType>(
    type: T,
    data: Omit<Envelope<T>["data"], "session_id">,
    seq?: number,
  ): Promise<void>;
  /** The server answers the last command of a type. */
  answer<T extends EventType>(command: CommandType, type: T, data: Envelope<T>["data"]): Promise<void>;
  /** The server refuses the last command of a type. */
  refuse(command: CommandType, code?: "FORBIDDEN" | "NOT_FOUND" | "CONFLICT"): Promise<void>;
}

/** Follows `SESSION`, which stands as `state` says. */
export async function following(state: Partial<SessionState> = {}): Promise<Following> {
  const h = harness();
  const socket = await h.start();
  const store = h.client.session(SESSION);
  store.follow();
  const head = { correlation_id: socket.last("follow_session").id, session_id: SESSION };
  socket.deliver(event("session_state", sessionState(state), head));
  await h.settle();
  return {
    h,
    socket,
    store,
    async say(type, data, seq) {
      const place = seq === undefined ? {} : { seq, epoch: sessionState().epoch };
      h.socket().deliver(
        event(type, { session_id: SESSION, ...data } as never, { session_id: SESSION, ...place }),
      );
      await h.settle();
    },
    async answer(command, type, data) {
      h.socket().deliver(event(type, data, { correlation_id: h.socket().last(command).id }));
      await h.settle();
    },
    async refuse(command, code = "FORBIDDEN") {
      const head = { correlation_id: h.socket().last(command).id };
      h.socket().deliver(event("error", { code, message: "No.", recoverable: false }, head));
      await h.settle();
    },
  };
}
