/** A version-1 client in the real browser: the design document's class and its usage example, on a page of its own. */
import { expect, type Page, test } from "@playwright/test";
import { servePage } from "../support/page.js";
import { Server } from "../support/server.js";

interface Shown {
  text: string;
  finals: string[];
  connected: number;
  created: string[];
  states: { session_id: string; messages: unknown[] }[];
}

const shown = (page: Page): Promise<Shown> => page.evaluate("window.shown");
const ask = (page: Page, text: string) =>
  page.evaluate(`window.claude.sendToClaude(${JSON.stringify(text)})`);

test("tu1 ht4 cn1 the class streams on another page, and comes back by its cookie after a restart", async ({
  page,
}) => {
  const server = await Server.start();
  const other = await servePage();
  await page.goto(`${other.url}?server=${encodeURIComponent(server.socketUrl)}`);
  await expect.poll(async () => (await shown(page)).finals.length).toBe(1);
  const first = await shown(page);
  expect(first.text).toBe(first.finals[0]);
  expect(first.created).toHaveLength(1);

  await server.kill();
  await server.up();
  await expect.poll(async () => (await shown(page)).connected, { timeout: 20_000 }).toBe(2);
  await expect.poll(async () => (await shown(page)).states.length).toBe(1);
  expect((await shown(page)).states[0]?.session_id).toBe(first.created[0]);
  await ask(page, "And now?");
  await expect.poll(async () => (await shown(page)).finals.length).toBe(2);
  expect((await shown(page)).created).toHaveLength(1);

  await other.close();
  await server.remove();
});
