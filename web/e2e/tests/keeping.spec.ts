/** Keeping and limiting: a session as a file and back, a budget, what a prompt cost and who asked. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { ask, lastReply, replied } from "../support/app.js";
import { openPeople, startSession } from "../support/people.js";
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
