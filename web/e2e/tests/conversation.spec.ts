/** Asking Claude in the app, and everything that must not disturb it. */
import { expect, test } from "@playwright/test";
import { ask, composer, lastReply, replied, replyText, stopButton } from "../support/app.js";
import type { Program } from "../support/program.js";
import { Server, startUpstream } from "../support/server.js";

let upstream: Program;
let server: Server | undefined;
test.beforeAll(async () => {
  upstream = await startUpstream();
});
test.afterAll(async () => {
  await upstream.end("SIGTERM");
});
test.afterEach(async () => {
  await server?.remove();
  server = undefined;
});

/** A server whose Claude writes so many pieces at such a rate. */
async function writing(rate: number, n: number, config = ""): Promise<Server> {
  server = await Server.start({ upstream: upstream.url, model: `sim-normal?rate=${rate}&n=${n}`, config });
  return server;
}

test("tu2 a person asks and watches the answer stream", async ({ page }) => {
  const { url } = await writing(40, 80);
  await page.goto(url);
  await ask(page, "What is a madang?");
  await expect(stopButton(page)).toBeVisible();
  await expect.poll(async () => (await replyText(page)).length).toBeGreaterThan(20);
  const early = await replyText(page);
  await replied(page);
  const whole = await replyText(page);
  expect(whole.length).toBeGreaterThan(early.length);
  expect(whole.startsWith(early.slice(0, 20))).toBe(true);
  // The first line of the prompt names the session in the list and at the head.
  await expect(page.getByRole("button", { name: /What is a madang\?/ }).first()).toBeVisible();
  await expect(composer(page)).toHaveValue("");
});

test("rs2 a reload in the middle loses nothing", async ({ page }) => {
  const { url } = await writing(40, 160);
  await page.goto(url);
  await ask(page, "Write for a while.");
  await expect.poll(async () => (await replyText(page)).length).toBeGreaterThan(60);
  const before = await replyText(page);
  await page.reload();
  await expect.poll(async () => (await replyText(page)).length).toBeGreaterThanOrEqual(before.length);
  expect((await replyText(page)).startsWith(before.slice(0, 40))).toBe(true);
  await replied(page);
  const streamed = await replyText(page);
  await page.reload();
  await expect(lastReply(page)).toBeVisible();
  await expect.poll(() => replyText(page)).toBe(streamed);
});

test("tu5 stop keeps what was written and says who stopped", async ({ page }) => {
  const { url } = await writing(40, 4000);
  await page.goto(url);
  await ask(page, "Never end.");
  await expect.poll(async () => (await replyText(page)).length).toBeGreaterThan(40);
  await stopButton(page).click();
  await replied(page);
  await expect(lastReply(page)).toContainText("Stopped by");
  expect((await replyText(page)).length).toBeGreaterThan(40);
});

test("rs3 two tabs see the same; either can ask, and closing one stops nothing", async ({
  page,
  context,
}) => {
  const { url } = await writing(40, 120);
  await page.goto(url);
  await ask(page, "From the first tab.");
  await expect(lastReply(page)).toBeVisible();
  const second = await context.newPage();
  await second.goto(page.url());
  await expect(second.getByText("From the first tab.").first()).toBeVisible();
  await expect.poll(async () => (await replyText(second)).length).toBeGreaterThan(40);
  await page.close();
  await replied(second);
  const third = await context.newPage();
  await third.goto(second.url());
  await expect.poll(() => replyText(third)).toBe(await replyText(second));
  await ask(third, "From the third tab.");
  await expect(second.getByText("From the third tab.").first()).toBeVisible();
});

test("rs5 a server killed in the middle comes back, with the text kept and a way to go on", async ({
  page,
}) => {
  const running = await writing(40, 4000, "[hub]\njournal_ms = 50\n");
  await page.goto(running.url);
  await ask(page, "Write a lot.");
  await expect.poll(async () => (await replyText(page)).length).toBeGreaterThan(60);
  await running.kill();
  await expect(page.getByText(/Reconnecting/).first()).toBeVisible();
  await running.up();
  await expect(lastReply(page)).toContainText("The reply was cut off when the server restarted. Continue?", {
    timeout: 30_000,
  });
  expect((await replyText(page)).length).toBeGreaterThan(20);
  await lastReply(page).getByRole("button", { name: "Continue" }).click();
  await expect(stopButton(page)).toBeVisible();
});

test("tu4 a second prompt waits in line and can be taken back", async ({ page }) => {
  const { url } = await writing(40, 4000);
  await page.goto(url);
  await ask(page, "The long one.");
  await expect(stopButton(page)).toBeVisible();
  await ask(page, "The next one.");
  await expect(page.getByText("1st in line.")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await expect(page.getByText("1st in line.")).toHaveCount(0);
});

test("cn7 what is written while offline is kept and sent", async ({ page, context }) => {
  const { url } = await writing(200, 20);
  await page.goto(url);
  await ask(page, "Before.");
  await replied(page);
  await context.setOffline(true);
  await expect(page.getByText("You are offline.", { exact: false }).first()).toBeVisible();
  await ask(page, "While offline.");
  await expect(page.getByText("While offline.").first()).toBeVisible();
  await context.setOffline(false);
  await expect.poll(() => page.getByRole("article", { name: "Claude" }).count(), { timeout: 30_000 }).toBe(2);
  await replied(page);
});

test("tu5 asking again makes a branch that one can leaf through", async ({ page }) => {
  const { url } = await writing(200, 20);
  await page.goto(url);
  await ask(page, "Twice, please.");
  await replied(page);
  await lastReply(page).hover();
  await lastReply(page).getByRole("button", { name: "Ask again" }).click();
  await expect(page.getByText(/2\s*\/\s*2/).first()).toBeVisible();
  await replied(page);
  await page.getByRole("button", { name: "Previous version" }).first().click();
  await expect(page.getByText(/1\s*\/\s*2/).first()).toBeVisible();
});

test("a refused key is told in a sentence, with the next step", async ({ page }) => {
  server = await Server.start({ upstream: upstream.url, model: "sim-http401" });
  await page.goto(server.url);
  await ask(page, "Hello.");
  await expect(lastReply(page).getByRole("button", { name: "Ask again" }).first()).toBeVisible({
    timeout: 20_000,
  });
  await expect(lastReply(page)).toContainText(/Code [A-Z_]+/);
});
