/** Accounts: the first administrator, logging in and out, signing up by a link, the administrator's page. */
import { expect, test } from "@playwright/test";
import { composer, seriousFindings } from "../support/app.js";
import { inviteLink, logIn, openPeople, someone, startSession } from "../support/people.js";
import { Server } from "../support/server.js";

const PASSWORD = "a sentence that only one person knows";
let server: Server;
test.beforeEach(async () => {
  server = await Server.start({ guests: false, config: "simulated_pieces_per_second = 0\n" });
});
test.afterEach(async () => {
  await server.remove();
});

test("the first administrator comes by the link, once, and lets others in", async ({ page, browser }) => {
  const link = server.bootstrapLink();
  await page.goto(link);
  await expect(page).toHaveURL(/\/bootstrap$/);
  await page.getByLabel("Your name").fill("Minji");
  await page.getByLabel("Name to log in with").fill("minji");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(composer(page)).toBeVisible();

  await page.goto(`${server.url}/admin/users`);
  await page.getByRole("button", { name: /Make a link for/ }).click();
  const invitation = await page.getByRole("textbox", { name: "Links to make an account" }).inputValue();
  expect(await seriousFindings(page)).toEqual([]);

  const other = await someone(browser);
  await other.goto(link);
  await expect(other.getByText("This server has an administrator already.")).toBeVisible();
  await other.goto(invitation);
  await other.getByRole("button", { name: "Make an account" }).click();
  await other.getByLabel("Your name").fill("Jun");
  await other.getByLabel("Name to log in with").fill("jun");
  await other.getByLabel("Password").fill(PASSWORD);
  await other.getByRole("button", { name: "Make the account" }).click();
  await expect(other.getByText("Jun", { exact: true }).first()).toBeVisible();

  await page.reload();
  await expect(page.getByRole("cell", { name: "jun", exact: true })).toBeVisible();
  for (const part of ["usage", "sessions", "connections", "health", "audit"]) {
    await page.goto(`${server.url}/admin/${part}`);
    await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
  await expect(page.getByRole("cell", { name: "Made an account by a link" })).toBeVisible();
  await expect(page.getByText(/^(account|invite|login)\./)).toHaveCount(0);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText(/Nobody has changed it/)).toBeVisible();
  // On a phone nothing scrolls sideways, and what is drawn as entries is still a table.
  await page.setViewportSize({ width: 360, height: 740 });
  for (const part of ["users", "connections", "audit"]) {
    await page.goto(`${server.url}/admin/${part}`);
    const table = page.getByRole("table").first();
    await expect(table.getByRole("columnheader").first()).toBeAttached();
    await expect(table.getByRole("row").nth(1).getByRole("cell").first()).toBeVisible();
    const frames = await page
      .locator(".data")
      .evaluateAll((all) => all.map((each) => each.scrollWidth > each.clientWidth));
    expect(frames).not.toContain(true);
    expect(await seriousFindings(page)).toEqual([]);
  }
  await other.goto(`${server.url}/admin`);
  await expect(other.getByText("Only administrators see this.", { exact: false })).toBeVisible();
  await other.context().close();
});

test("se7 a link into a session waits at the door until one has logged in", async ({ page, browser }) => {
  server.addUser("minji", "Minji", PASSWORD);
  server.addUser("jun", "Jun", PASSWORD);
  await logIn(page, server.url, "minji", PASSWORD);
  await startSession(page, server.url, "For whoever comes.");
  const link = await inviteLink(page, "Collaborator");
  const other = await someone(browser);
  await other.goto(link);
  await expect(other.getByText("Minji invites you to this session.", { exact: false })).toBeVisible();
  await other.getByRole("button", { name: "Log in" }).click();
  await other.getByLabel("Name to log in with").fill("jun");
  await other.getByLabel("Password").fill(PASSWORD);
  await other.getByRole("button", { name: "Log in", exact: true }).click();
  await other.getByRole("button", { name: "Join", exact: true }).click();
  await expect(other.getByText("For whoever comes.").first()).toBeVisible();
  await other.context().close();
});

test("se7 someone without an account makes one by a link into a session, and lands there", async ({
  page,
  browser,
}) => {
  server.addUser("minji", "Minji", PASSWORD);
  await logIn(page, server.url, "minji", PASSWORD);
  await startSession(page, server.url, "For whoever is new.");
  const link = await inviteLink(page, "Collaborator");
  const other = await someone(browser);
  await other.goto(link);
  await other.getByRole("button", { name: "Make an account" }).click();
  await other.getByLabel("Your name").fill("Jun");
  await other.getByLabel("Name to log in with").fill("jun");
  await other.getByLabel("Password").fill(PASSWORD);
  await other.getByRole("button", { name: "Make the account" }).click();
  await other.getByRole("button", { name: "Join", exact: true }).click();
  await expect(other.getByText("For whoever is new.").first()).toBeVisible();
  await other.context().close();
});

test("se7 someone is asked in by name, comes, and is given the session", async ({ page, browser }) => {
  server.addUser("minji", "Minji", PASSWORD);
  server.addUser("jun", "Jun", PASSWORD);
  await logIn(page, server.url, "minji", PASSWORD);
  await startSession(page, server.url, "Come by name.");
  const other = await someone(browser);
  await logIn(other, server.url, "jun", PASSWORD);
  await expect(composer(other)).toBeVisible();

  await openPeople(page);
  const people = page.getByRole("complementary", { name: "People" });
  await people.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByLabel("Name").fill("nobody-here");
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(dialog.getByText("Nobody here is called “nobody-here”.", { exact: false })).toBeVisible();
  await dialog.getByLabel("Name").fill("jun");
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(dialog.getByText(/^jun is invited/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(people.getByText("Invited · 1")).toBeVisible();

  await expect(other.getByText("Minji invites you to “Come by name.”.")).toBeVisible();
  await other.getByRole("button", { name: "Join", exact: true }).click();
  await expect(other.getByRole("log").getByText("Come by name.").first()).toBeVisible();
  await expect(people.getByText("Invited · 1")).toHaveCount(0);

  await people.getByRole("button", { name: "More for Jun" }).click();
  await page.getByRole("button", { name: "Make the owner" }).click();
  await page.getByRole("button", { name: "Make the owner" }).last().click();
  await expect(people.getByText("Jun decides who may do what here.")).toBeVisible();
  await people.getByRole("button", { name: "Leave the session" }).click();
  await people.getByRole("button", { name: "Leave", exact: true }).click();
  await expect(page).toHaveURL(`${server.url}/`);
  await openPeople(other);
  await expect(other.getByRole("complementary", { name: "People" }).getByText("Here · 1")).toBeVisible();
  await other.context().close();
});

test("logging in and out; a wrong password is told without saying which was wrong", async ({ page }) => {
  server.addUser("jun", "Jun Park", PASSWORD);
  await page.goto(`${server.url}/settings`);
  // Nobody is let in unasked, and one comes back to where one wanted to be.
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await page.getByLabel("Name to log in with").fill("jun");
  await page.getByLabel("Password").fill("not this");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByText("The name or the password isn't right.")).toBeVisible();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();

  await page.getByLabel("Your name").fill("Jun P.");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByText("Saved").first()).toBeVisible();
  await page.getByRole("button", { name: "Blue" }).click();
  await expect(page.getByRole("button", { name: "Blue" })).toHaveAttribute("aria-pressed", "true");
  await page.getByLabel("What it is for").fill("A script");
  await page.getByRole("button", { name: "Make a token" }).click();
  await expect(page.getByRole("textbox", { name: "Tokens" })).not.toHaveValue("");
  expect(await seriousFindings(page)).toEqual([]);

  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await logIn(page, server.url, "jun", PASSWORD);
  await expect(page.getByText("Jun P.").first()).toBeVisible();
});
