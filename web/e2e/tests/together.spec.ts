/** What a shared session is for: two people in two real browsers, from the invitation to the removal. */
import { expect, type Page, test } from "@playwright/test";
import { ask, composer, lastReply, replied, replyText, seriousFindings, stopButton } from "../support/app.js";
import {
  commanded,
  elsewhere,
  inviteLink,
  joinAsGuest,
  openPeople,
  startSession,
  tabTo,
} from "../support/people.js";
import type { Program } from "../support/program.js";
import { Server, startUpstream } from "../support/server.js";

/** Milliseconds in which a removal is seen by whoever is removed: 1 s for the server (SE4), and time to draw. */
const AT_ONCE_MS = 2_000;

// Several replies are watched from their beginning to their end.
test.describe.configure({ timeout: 120_000 });

let upstream: Program;
let server: Server;
let other: Page;
test.beforeEach(async ({ browser }) => {
  upstream = await startUpstream();
  server = await Server.start({ upstream: upstream.url, model: "sim-normal?rate=40&n=240" });
  other = await elsewhere(browser, test.info().project.use.launchOptions);
});
test.afterEach(async () => {
  await other.close();
  await server.remove();
  await upstream.end("SIGTERM");
});

const people = (page: Page) => page.getByRole("complementary", { name: "People" });
const length = async (page: Page) => (await replyText(page)).length;
const isWriting = async (page: Page) => (await stopButton(page).count()) === 1;

test("rs4 se4 se7 two browsers: invite, join, one reply for both, a drop in its middle, a viewer, a removal", async ({
  page,
}) => {
  // One invites, the other joins.
  await startSession(page, server.url, "Begin.");
  await replied(page);
  const link = await inviteLink(page, "Collaborator");
  await joinAsGuest(other, link);
  await expect(other.getByText("Begin.").first()).toBeVisible();
  await openPeople(page);
  await expect(people(page).getByText("Here · 2")).toBeVisible();

  // Both watch one reply while it is written.
  await ask(other, "Now for both of us.");
  await expect.poll(() => length(page)).toBeGreaterThan(40);
  await expect.poll(() => length(other)).toBeGreaterThan(40);
  expect([await isWriting(page), await isWriting(other)]).toEqual([true, true]);

  // One drops: nothing comes there any more, and they are told; the reply goes on.
  await other.context().setOffline(true);
  await expect(other.getByText("You are offline. Messages will be sent").first()).toBeVisible();
  const dropped = await length(other);
  await expect.poll(() => length(page)).toBeGreaterThan(dropped + 120);
  expect(await length(other)).toBe(dropped);

  // They come back in its middle, see what they missed, and then every piece as it comes.
  await other.context().setOffline(false);
  await expect.poll(() => length(other)).toBeGreaterThan(dropped + 120);
  expect(await isWriting(page)).toBe(true);
  const back = await length(other);
  await expect.poll(() => length(other)).toBeGreaterThan(back);
  await replied(page);
  await expect(stopButton(other)).toHaveCount(0, { timeout: 30_000 });
  const whole = await replyText(page);
  await expect.poll(() => replyText(other)).toBe(whole);

  // A viewer has nothing to ask with, and the server refuses what the app would not send.
  await people(page)
    .getByRole("button", { name: /^More for/ })
    .click();
  await page.getByRole("button", { name: /^Viewer/ }).click();
  await page.keyboard.press("Escape");
  await expect(other.getByText("You can read here, but not write. Ask the owner for access.")).toBeVisible();
  await expect(composer(other)).toHaveCount(0);
  await expect(stopButton(other)).toHaveCount(0);
  expect(await commanded(other, "claude_message", { content: "Past the app." })).toBe("403 FORBIDDEN");
  expect(await commanded(other, "chat_message", { content: "Past the app." })).toBe("403 FORBIDDEN");

  // They still see what others ask; then they are removed, in the middle of the reply.
  await ask(page, "The last one.");
  await expect(other.getByText("The last one.").first()).toBeVisible();
  await expect.poll(() => length(other)).toBeGreaterThan(40);
  await expect(page.getByText("Past the app.")).toHaveCount(0);
  await people(page)
    .getByRole("button", { name: /^More for/ })
    .click();
  await page.getByRole("button", { name: "Remove from the session" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(other.getByText(/removed you from this session/)).toBeVisible({ timeout: AT_ONCE_MS });
  await expect(other.getByText("The last one.")).toHaveCount(0);
  expect(await isWriting(page)).toBe(true);
  expect(await commanded(other, "get_history", {})).toBe("404 NOT_FOUND");
  await expect(people(page).getByText("Here · 1")).toBeVisible();
  await replied(page);
  await other.reload();
  await expect(other.getByText(/There is no such session/)).toBeVisible();
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "This link lets nobody in any more" })).toBeVisible();
  for (const each of [page, other]) expect(await seriousFindings(each)).toEqual([]);
});

test("by the keyboard alone: invite, join, ask, stop, remove", async ({ page }) => {
  await page.goto(server.url);
  await expect(composer(page)).toBeVisible();
  await tabTo(page, composer(page));
  await page.keyboard.type("Without a mouse.");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/s\/ses_/);
  await replied(page);

  // The dialog takes the focus, the link is chosen as soon as it is there, and Esc gives the focus back.
  const invite = page.getByRole("button", { name: "Invite", exact: true });
  await tabTo(page, invite);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await expect(dialog).toBeVisible();
  await tabTo(page, dialog.getByRole("button", { name: "Make a link" }));
  await page.keyboard.press("Enter");
  const field = dialog.getByRole("textbox", { name: "By link" });
  await expect(field).toBeFocused();
  const link = await field.inputValue();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(invite).toBeFocused();

  await other.goto(link);
  const enter = other.getByRole("button", { name: "Continue as a guest" });
  await expect(enter).toBeVisible();
  await tabTo(other, enter);
  await other.keyboard.press("Enter");
  await expect(other).toHaveURL(/\/s\/ses_/);
  await expect(composer(other)).toBeFocused();
  await other.keyboard.type("A long answer, please.");
  await other.keyboard.press("Enter");
  await expect.poll(() => length(page)).toBeGreaterThan(20);
  await expect(lastReply(other)).toBeVisible();
  await other.keyboard.press("Escape");
  await expect(page.getByText(/^Stopped by/)).toBeVisible();

  const faces = page.getByRole("button", { name: /in this session/ });
  await tabTo(page, faces);
  await page.keyboard.press("Enter");
  await expect(people(page)).toBeVisible();
  await tabTo(page, people(page).getByRole("button", { name: /^More for/ }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Remove from the session" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Cancel" }).last()).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Remove", exact: true }));
  await page.keyboard.press("Enter");
  await expect(other.getByText(/removed you from this session/)).toBeVisible({ timeout: AT_ONCE_MS });
});
