/** Finding again: search over everything, what is new since one left, what one missed. */
import { expect, test } from "@playwright/test";
import { ask, composer, replied } from "../support/app.js";
import { inviteLink, joinAsGuest, someone, startSession } from "../support/people.js";
import { Server } from "../support/server.js";

let server: Server;
test.beforeEach(async () => {
  server = await Server.start({ config: "simulated_pieces_per_second = 0\n" });
});
test.afterEach(async () => {
  await server.remove();
});

test("search finds a message in another session and goes there", async ({ page }) => {
  await startSession(page, server.url, "The word is periwinkle, in the first session.");
  await replied(page);
  const first = page.url();
  await page.getByRole("button", { name: "New session" }).first().click();
  await ask(page, "Something else, in the second session.");
  await expect(page).not.toHaveURL(first);
  await replied(page);
  await page.getByPlaceholder("Search").fill("periwinkle");
  const hit = page.getByRole("region", { name: "In messages" }).getByRole("link").first();
  await expect(hit.locator("mark")).toHaveText(/periwinkle/i);
  await hit.click();
  await expect(page).toHaveURL(new RegExp(`^${first}`));
  await expect(page.locator(".row-marked")).toContainText("periwinkle");
  // The same from the palette, by the keyboard alone.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("second session");
  await expect(page.getByRole("option", { name: /second session/ }).last()).toBeVisible();
});

test("what came while one was away is marked, counted, and can be told", async ({ page, browser }) => {
  const session = await startSession(page, server.url, "Start here.");
  await replied(page);
  const other = await someone(browser);
  await joinAsGuest(other, await inviteLink(page, "Collaborator"));
  await expect(other.getByText("Start here.").first()).toBeVisible();
  // The one leaves for another session; the other writes.
  await page.getByRole("button", { name: "New session" }).first().click();
  await expect(page).toHaveURL(`${server.url}/`);
  await other.getByText("Everyone", { exact: true }).click();
  for (const words of ["One.", "Two.", "Three."]) {
    await composer(other).fill(words);
    await composer(other).press("Enter");
    await expect(other.getByRole("article").filter({ hasText: words })).toBeVisible();
  }
  const row = page.locator(`a[href="${new URL(session).pathname}"]`);
  await expect(row).toContainText("3 unread messages");
  // They talk to each other: a dot says so, a number would say that it is for oneself.
  await expect(page).toHaveTitle(/^• /);
  await row.click();
  await expect(page.getByText("New since you left")).toBeVisible();
  await page.getByRole("button", { name: "What did I miss" }).first().click();
  await expect(page.getByRole("region", { name: "While you were away" })).toContainText(/\w{3,}/);
  await expect(page).not.toHaveTitle(/^[•(]/);
  await other.context().close();
});

/** A system that shows notifications, and a page that can be out of sight: a browser without a window has neither. */
const SYSTEM = `
window.shown = [];
window.asked = 0;
window.unseen = false;
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked += 1;
    return (this.permission = "granted");
  }
  constructor(title, { body, tag }) {
    window.shown.push({ title, body, tag });
    window.press = () => this.onclick();
  }
  close() {}
};
Object.defineProperty(document, "visibilityState", { get: () => (window.unseen ? "hidden" : "visible") });
`;

test("a mention in a session that isn't open is told while nobody looks, and leads there", async ({
  page,
  browser,
}) => {
  await page.addInitScript(SYSTEM);
  const session = await startSession(page, server.url, "Start here.");
  await replied(page);
  const other = await someone(browser);
  await joinAsGuest(other, await inviteLink(page, "Collaborator"));
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByRole("button", { name: "All settings" }).click();
  // Nobody is asked before they press.
  await expect(page.getByRole("button", { name: "Turn on" })).toBeVisible();
  expect(await page.evaluate("window.asked")).toBe(0);
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("button", { name: "Only that something came" }).click();
  expect(await page.evaluate("window.asked")).toBe(1);
  await page.getByRole("button", { name: "New session" }).first().click();
  await page.evaluate("window.unseen = true; document.dispatchEvent(new Event('visibilitychange'))");

  const mention = async (words: string) => {
    await composer(other).pressSequentially("@");
    const names = other.getByRole("listbox", { name: "People you can mention" });
    const option = names.getByRole("option").filter({ hasNotText: "Claude" }).first();
    await option.click();
    await other.keyboard.type(words);
    await other.keyboard.press("Enter");
  };
  await other.getByText("Everyone", { exact: true }).click();
  await mention("look at this, please.");
  const shown = () => page.evaluate<{ title: string; body: string; tag: string }[]>("window.shown");
  await expect.poll(async () => (await shown()).length).toBe(1);
  const [first] = await shown();
  expect([first?.title, first?.body]).toEqual(["Madang", "There is something new for you."]);
  expect(session).toContain(first?.tag ?? "?");
  await expect(page).toHaveTitle(/^\(1\)/);
  await expect(page.locator(`a[href="${new URL(session).pathname}"]`)).toContainText(
    "1 for you, 1 unread message",
  );
  await page.evaluate("window.press()");
  await expect(page).toHaveURL(new RegExp(`^${session}`));
  await other.context().close();
});
