/** Somebody else's page: plain HTML and the design document's class, on a port of its own. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { freePort } from "./server.js";

const CLASS = readFileSync(fileURLToPath(new URL("../v1/claude-websocket.js", import.meta.url)), "utf8");

/** The design document's usage example, its two display functions filled in. */
const USAGE = `
const shown = (window.shown = { text: "", finals: [], connected: 0, created: [], states: [] });
const appendToResponse = (text) => { shown.text += text; };
const setResponse = (text) => { if (text !== "") shown.finals.push(text); };
const claude = (window.claude = new ClaudeWebSocket({ url: new URLSearchParams(location.search).get("server") }));
claude.on("claude_response", (data) => { if (data.stream) appendToResponse(data.content); else setResponse(data.content); });
claude.on("session_created", (data) => { shown.created.push(data.session_id); });
claude.on("session_state", (data) => { shown.states.push(data); });
claude.on("connected", () => { shown.connected += 1; });
claude.connect().then(() => { claude.sendToClaude("안녕하세요, Claude!"); });
`;

/** A served page. */
export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page; its query names the server's socket. */
export async function servePage(): Promise<ServedPage> {
  const port = await freePort();
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.end(`<!doctype html><title>Somebody's page</title><script>${CLASS}${USAGE}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
