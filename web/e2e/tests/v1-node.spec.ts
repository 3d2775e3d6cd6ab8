/** A version-1 client in Node: the design document's own class, with `ws` as the global WebSocket. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { expect, test } from "@playwright/test";
import WebSocket from "ws";
import { Server, startUpstream } from "../support/server.js";

interface Response {
  message_id: string;
  content: string;
  stream: boolean;
  completed: boolean;
  status?: string;
}
interface ClaudeWebSocket {
  connect(): Promise<unknown>;
  send(type: string, data: unknown): void;
  sendToClaude(message: string, sessionId?: string | null): void;
  on(type: string, handler: (data: never) => void): void;
  ws: WebSocket;
  reconnectAttempts: number;
  maxReconnectAttempts: number;
}

/** Loads the class as it stands, with `ws` where a browser has its own. */
function loadClass(): new (options: { url: string }) => ClaudeWebSocket {
  const file = fileURLToPath(new URL("../v1/claude-websocket.js", import.meta.url));
  const quiet = { log: () => {}, error: () => {} };
  const scope = { WebSocket, console: quiet, setTimeout, Date, Math, JSON, Map, Promise };
  return runInNewContext(`${readFileSync(file, "utf8")}; ClaudeWebSocket`, scope);
}

/** Everything a client was told, and a way to wait for some of it. */
class Record {
  readonly events: { type: string; data: Response }[] = [];
  private waiting: (() => void)[] = [];

  constructor(client: ClaudeWebSocket) {
    for (const type of ["connected", "claude_response", "session_created", "session_state", "error", "ack"]) {
      client.on(type, ((data: Response) => {
        this.events.push({ type, data });
        for (const wake of this.waiting.splice(0)) wake();
      }) as never);
    }
  }

  all(type: string): Response[] {
    return this.events.filter((event) => event.type === type).map((event) => event.data);
  }

  async until(done: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!done()) {
      if (Date.now() > deadline)
        throw new Error(`waited for ${what}: ${JSON.stringify(this.events).slice(0, 2000)}`);
      await Promise.race([
        new Promise<void>((wake) => this.waiting.push(wake)),
        new Promise<void>((wake) => setTimeout(wake, 500)),
      ]);
    }
  }

  finals(): Response[] {
    return this.all("claude_response").filter((data) => data.completed);
  }
}

/** The class throws away the promise of its own reconnection attempts; they reject while the server is down. */
const swallow = () => {};
test.beforeAll(() => void process.on("unhandledRejection", swallow));
test.afterAll(() => void process.off("unhandledRejection", swallow));

async function guest(server: Server): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/guests`, { method: "POST" });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { token: string }).token;
}

async function connect(url: string): Promise<[ClaudeWebSocket, Record]> {
  const client = new (loadClass())({ url });
  const record = new Record(client);
  await client.connect();
  await record.until(() => record.all("connected").length > 0, "connected");
  return [client, record];
}

function finish(client: ClaudeWebSocket): void {
  client.maxReconnectAttempts = 0;
  client.ws.close();
}

test("tu1 tu2 a prompt without a session makes one, streams, and ends with the full text", async () => {
  const server = await Server.start();
  const [client, record] = await connect(server.socketUrl);
  client.sendToClaude("안녕하세요, Claude!");
  await record.until(() => record.finals().length === 1, "the final");
  expect(record.all("session_created")).toHaveLength(1);
  const order = record.events.map((event) => event.type);
  expect(order.indexOf("session_created")).toBeLessThan(order.indexOf("claude_response"));
  const responses = record.all("claude_response");
  const deltas = responses.filter((data) => data.stream);
  const final = record.finals()[0] as Response;
  expect(deltas.length).toBeGreaterThan(1);
  expect(deltas.every((data) => data.message_id === final.message_id && !data.completed)).toBe(true);
  expect(deltas.map((data) => data.content).join("")).toBe(final.content);
  expect(final).toMatchObject({ stream: false, completed: true, status: "complete" });

  // The same session again, by its id and by none.
  const session = (record.all("session_created")[0] as unknown as { session_id: string }).session_id;
  client.sendToClaude("Again.", session);
  await record.until(() => record.finals().length === 2, "the second final");
  client.sendToClaude("And again.");
  await record.until(() => record.finals().length === 3, "the third final");
  expect(record.all("session_created")).toHaveLength(1);
  finish(client);
  await server.remove();
});

test("tu2 refused prompts end in exactly one final with a sentence", async () => {
  const server = await Server.start();
  const [client, record] = await connect(server.socketUrl);
  client.sendToClaude("   ");
  await record.until(() => record.finals().length === 1, "the final");
  const responses = record.all("claude_response");
  expect(
    responses
      .filter((data) => data.stream)
      .map((data) => data.content)
      .join(""),
  ).not.toBe("");
  expect(record.all("error")).toHaveLength(1);
  client.sendToClaude("A real one.", "no-such-session");
  await record.until(() => record.finals().length === 2, "the second final");
  expect(record.all("error")).toHaveLength(2);
  client.send("no_such_command", {});
  await record.until(() => record.all("error").length === 3, "the third error");
  expect(record.finals()).toHaveLength(2);
  finish(client);
  await server.remove();
});

test("tu2 without streaming there is the final alone", async () => {
  const server = await Server.start();
  const [client, record] = await connect(server.socketUrl);
  client.send("claude_message", { session_id: null, content: "Hello.", stream: false });
  await record.until(() => record.finals().length === 1, "the final");
  expect(record.all("claude_response")).toHaveLength(1);
  expect(record.finals()[0]?.content).not.toBe("");
  finish(client);
  await server.remove();
});

test("tu2 a failing upstream still ends in one final", async () => {
  const upstream = await startUpstream();
  const server = await Server.start({ upstream: upstream.url, model: "sim-http401" });
  const [client, record] = await connect(server.socketUrl);
  client.sendToClaude("Hello.");
  await record.until(() => record.finals().length === 1, "the final");
  expect(record.finals()[0]?.status).toBe("error");
  expect(record.all("claude_response").filter((data) => data.stream && data.content !== "")).not.toHaveLength(
    0,
  );
  finish(client);
  await server.remove();
  await upstream.end("SIGTERM");
});

test("cn8 after a restart the same client comes back by its token, with its session", async () => {
  const server = await Server.start();
  const token = await guest(server);
  const [client, record] = await connect(`${server.socketUrl}?token=${token}`);
  client.sendToClaude("Remember me.");
  await record.until(() => record.finals().length === 1, "the final");
  const session = (record.all("session_created")[0] as unknown as { session_id: string }).session_id;
  await server.kill();
  await server.up();
  await record.until(() => record.all("session_state").length > 0, "the session's state after the restart");
  expect(record.all("connected").length).toBe(2);
  client.sendToClaude("Still there?");
  await record.until(() => record.finals().length === 2, "the final after the restart");
  expect(record.all("session_created")).toHaveLength(1);
  const state = record.all("session_state")[0] as unknown as {
    session_id: string;
    messages: unknown[];
    current_code: string;
  };
  expect(state.session_id).toBe(session);
  expect(state.messages).toHaveLength(2);
  expect(state.current_code).toBe("");
  finish(client);
  await server.remove();
});

test("rs5 rs2 a kill in the middle of a reply leaves what was streamed, marked as interrupted", async () => {
  const upstream = await startUpstream();
  const server = await Server.start({
    upstream: upstream.url,
    model: "sim-normal?rate=40&n=4000",
    config: "[hub]\njournal_ms = 20\n",
  });
  const token = await guest(server);
  const [client, record] = await connect(`${server.socketUrl}?token=${token}`);
  client.sendToClaude("Write a lot.");
  await record.until(() => record.all("claude_response").length > 20, "some deltas");
  const seen = () =>
    record
      .all("claude_response")
      .filter((data) => data.stream)
      .map((data) => data.content)
      .join("");
  await server.kill();
  const before = seen();
  await server.up();
  await record.until(() => record.all("session_state").length > 0, "the session's state");
  const state = record.all("session_state")[0] as unknown as {
    messages: { content: string; user_id: string }[];
  };
  const reply = state.messages.find((message) => message.user_id === "claude");
  expect(reply?.content.length).toBeGreaterThan(0);
  expect(before.startsWith(reply?.content ?? "?")).toBe(true);
  finish(client);
  await server.remove();
  await upstream.end("SIGTERM");
});
