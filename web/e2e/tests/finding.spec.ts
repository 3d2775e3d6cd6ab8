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
  await expect(page).toHaveTitle(/^\(3\)/);
  await row.click();
  await expect(page.getByText("New since you left")).toBeVisible();
  await page.getByRole("button", { name: "What did I miss" }).first().click();
  await expect(page.getByRole("region", { name: "While you were away" })).toContainText(/\w{3,}/);
  await expect(page).not.toHaveTitle(/^\(/);
  await other.context().close();
});
