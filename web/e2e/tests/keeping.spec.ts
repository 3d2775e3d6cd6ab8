/** Keeping and limiting: a session as a file and back, a budget, what a prompt cost and who asked. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { ask, composer, lastReply, replied, seriousFindings } from "../support/app.js";
import { logIn, openPeople, someone, startSession } from "../support/people.js";
import { Server } from "../support/server.js";

let server: Server;
test.beforeEach(async () => {
  server = await Server.start({ config: "simulated_pieces_per_second = 0\n" });
});
test.afterEach(async () => {
  await server.remove();
});

test("a session is saved as a file and comes back from it", async ({ page }) => {
  await startSession(page, server.url, "Keep this sentence.");
  await replied(page);
  await page.getByRole("button", { name: "More for this session" }).click();
  const asked = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as JSON" }).click();
  const file = await (await asked).path();
  expect(readFileSync(file, "utf8")).toContain("Keep this sentence.");

  await page.goto(`${server.url}/settings`);
  await page
    .getByLabel("Choose a file")
    .first()
    .setInputFiles({
      name: "session.json",
      mimeType: "application/json",
      buffer: readFileSync(file),
    });
  await expect(page.getByText("1 session is here now.")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Keep this sentence." }).click();
  await expect(page.getByRole("log").getByText("Keep this sentence.").first()).toBeVisible();

  await page.goto(`${server.url}/settings`);
  await page
    .getByLabel("Choose a file")
    .first()
    .setInputFiles({
      name: "nonsense.json",
      mimeType: "application/json",
      buffer: Buffer.from("this is no JSON"),
    });
  await expect(page.getByText("This file is no export that Madang knows.")).toBeVisible();
});

test("a budget is set, holds Claude back when it is used up, and lets people talk on", async ({ page }) => {
  await startSession(page, server.url, "The first question.");
  await replied(page);
  await lastReply(page)
    .getByRole("button", { name: /tokens/ })
    .click();
  await expect(page.getByText("Asked by")).toBeVisible();
  await page.keyboard.press("Escape");

  await openPeople(page);
  await page.getByRole("button", { name: "Set a budget" }).click();
  await page.getByRole("dialog").getByLabel("Tokens").fill("1");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("This session has used its budget for today.").first()).toBeVisible();
  await ask(page, "The second question.");
  await expect(page.getByText(/used its budget for today/).nth(1)).toBeVisible();
  await page.getByText("Everyone", { exact: true }).click();
  await ask(page, "We can still talk.");
  await expect(page.getByRole("article").filter({ hasText: "We can still talk." })).toBeVisible();
});

test("an administrator gives somebody a budget, which holds that person back in words of their own", async ({
  page,
  browser,
}) => {
  const password = "a long enough password";
  await page.goto(server.bootstrapLink());
  await page.getByLabel("Your name").fill("Minji");
  await page.getByLabel("Name to log in with").fill("minji");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(composer(page)).toBeVisible();
  server.addUser("jun", "Jun", password);
  const other = await someone(browser);
  await logIn(other, server.url, "jun", password);

  await page.goto(`${server.url}/admin/budgets`);
  await expect(page.getByText("Nobody has a budget of their own.")).toBeVisible();
  await page.getByLabel("Search people").fill("jun");
  await page.getByRole("listitem").filter({ hasText: "Jun" }).getByRole("button").click();
  const dialog = page.getByRole("dialog", { name: "Budget of Jun" });
  await dialog.getByLabel("Tokens").fill("none");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText(/Write a whole number/)).toBeVisible();
  await dialog.getByLabel("Tokens").fill("0");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("used up")).toBeVisible();
  await page.getByLabel("Search people").fill("");
  const row = page.getByRole("listitem").filter({ hasText: "Jun" });
  await expect(row.getByRole("meter", { name: "Jun: 0 of 0 tokens" })).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);

  await ask(other, "May I?");
  await expect(other.getByText("You have used your budget for today.").first()).toBeVisible();

  // Taken away, with a way back; then the question goes through.
  await row.getByRole("button", { name: "Change" }).click();
  await page.getByRole("button", { name: "Remove the budget" }).click();
  await expect(row.getByText("No budget is set.")).toBeVisible();
  await expect(page.getByText("Jun has no budget any more.")).toBeVisible();
  // The server reads a budget again after two seconds; until then the question is refused as before.
  const again = other.getByRole("button", { name: "Send again" });
  await expect
    .poll(async () => {
      await again.click({ timeout: 500 }).catch(() => undefined);
      return lastReply(other).count();
    })
    .toBe(1);
  await replied(other);
  await other.context().close();
});
