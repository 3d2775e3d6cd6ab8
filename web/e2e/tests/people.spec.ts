/** People of one session: what each may do, what one may do to another, and how they talk. */
import { expect, type Page, test } from "@playwright/test";
import { ask, composer, lastReply, replied } from "../support/app.js";
import { inviteLink, joinAsGuest, openPeople, someone, startSession } from "../support/people.js";
import type { Program } from "../support/program.js";
import { Server, startUpstream } from "../support/server.js";

let upstream: Program;
let server: Server | undefined;
const opened: Page[] = [];
test.beforeAll(async () => {
  upstream = await startUpstream();
});
test.afterAll(async () => {
  await upstream.end("SIGTERM");
});
test.afterEach(async () => {
  for (const page of opened.splice(0)) await page.context().close();
  await server?.remove();
  server = undefined;
});

async function writing(rate: number, n: number): Promise<Server> {
  server = await Server.start({ upstream: upstream.url, model: `sim-normal?rate=${rate}&n=${n}` });
  return server;
}

test("se7 a viewer can read and react, but not ask", async ({ page, browser }) => {
  const { url } = await writing(400, 20);
  await startSession(page, url, "For your eyes.");
  await replied(page);
  const other = await someone(browser);
  opened.push(other);
  await joinAsGuest(other, await inviteLink(page, "Viewer"));
  await expect(other.getByText("You can read here, but not write. Ask the owner for access.")).toBeVisible();
  await expect(composer(other)).toHaveCount(0);
  await lastReply(other).hover();
  await lastReply(other).getByRole("button", { name: "React" }).first().click();
  await other.getByRole("button", { name: "👍" }).click();
  await expect(lastReply(page).getByRole("button", { name: /👍/ })).toBeVisible();

  // The owner lets them write, and the composer is there at once.
  await openPeople(page);
  const people = page.getByRole("complementary", { name: "People" });
  await people.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("button", { name: /^Collaborator/ }).click();
  await expect(composer(other)).toBeVisible();
});

test("se4 whoever is removed is out at once", async ({ page, browser }) => {
  const { url } = await writing(400, 20);
  await startSession(page, url, "Before the removal.");
  await replied(page);
  const link = await inviteLink(page, "Collaborator");
  const other = await someone(browser);
  opened.push(other);
  await joinAsGuest(other, link);
  await openPeople(page);
  const people = page.getByRole("complementary", { name: "People" });
  await people.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("button", { name: "Remove from the session" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(other.getByText(/removed you from this session/)).toBeVisible();
  await expect(other.getByText("Before the removal.")).toHaveCount(0);
  await expect(composer(other)).toHaveCount(0);
  await other.reload();
  await expect(other.getByText(/There is no such session/)).toBeVisible();
  // A link that let one person in lets nobody in any more.
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "This link lets nobody in any more" })).toBeVisible();
});

test("tu6 people talk: typing, mentions, answers, reactions, edits, deletion with a way back", async ({
  page,
  browser,
}) => {
  const { url } = await writing(400, 20);
  await startSession(page, url, "Hello.");
  await replied(page);
  const other = await someone(browser);
  opened.push(other);
  await joinAsGuest(other, await inviteLink(page, "Collaborator"));

  await other.getByText("Everyone", { exact: true }).click();
  await composer(other).pressSequentially("Hello @");
  await expect(page.getByText(/is typing$/).first()).toBeVisible();
  // The list opens on @; the arrows choose, Enter writes the name.
  const names = other.getByRole("listbox", { name: "People you can mention" });
  await expect(names).toBeVisible();
  const owner = await names.getByRole("option").filter({ hasNotText: "Claude" }).first().innerText();
  await other.keyboard.type(owner.split("\n").at(-1)?.slice(0, 4) ?? "");
  await other.keyboard.press("Enter");
  await other.keyboard.type("how are you?");
  await other.keyboard.press("Enter");
  const said = page.getByRole("article").filter({ hasText: "how are you?" });
  await expect(said.locator(".mention-own")).toBeVisible();

  await said.hover();
  await said.getByRole("button", { name: "Reply" }).click();
  await page.getByText("Everyone", { exact: true }).click();
  await ask(page, "Fine, thank you.");
  const answer = other.getByRole("article").filter({ hasText: "Fine, thank you." });
  await expect(answer.locator(".quote")).toContainText("how are you?");

  // ↑ in an empty composer edits the last; everyone sees that it was edited.
  await composer(page).press("ArrowUp");
  await page.getByRole("textbox", { name: "Edit" }).fill("Very well, thank you.");
  await page.keyboard.press("Enter");
  await expect(other.getByText("Very well, thank you.").first()).toBeVisible();
  await other.getByRole("button", { name: "edited" }).click();
  await expect(other.getByRole("dialog").getByText("Fine, thank you.")).toBeVisible();
  await other.keyboard.press("Escape");

  const mine = page.getByRole("article").filter({ hasText: "Very well, thank you." });
  await mine.hover();
  await mine.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await expect(page.getByText("Very well, thank you.").first()).toBeVisible();
  await mine.hover();
  await mine.getByRole("button", { name: "Delete" }).click();
  await expect(other.getByText(/deleted a message\./).first()).toBeVisible({ timeout: 15_000 });
});
