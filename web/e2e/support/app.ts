/** What a person does in the app, by the names that a screen reader says. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Locator, type Page } from "@playwright/test";

/** The composer's text field. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: /^(Message to|Claude에게|모두에게)/ });
}

/** Writes into the composer and sends with Enter. */
export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** Claude's newest reply. */
export function lastReply(page: Page): Locator {
  return page.getByRole("article", { name: "Claude" }).last();
}

/** The button that stops Claude: there while Claude writes. */
export function stopButton(page: Page): Locator {
  return page.getByRole("button", { name: /^(Stop Claude|Claude 멈추기)$/ });
}

/** Waits until Claude has begun, and then until the reply has ended. */
export async function replied(page: Page): Promise<void> {
  await expect(lastReply(page)).toBeVisible();
  await expect(stopButton(page)).toHaveCount(0, { timeout: 30_000 });
}

/** The text of the newest reply as it is shown, without its head and actions. */
export async function replyText(page: Page): Promise<string> {
  const texts = await lastReply(page).locator(".reply-parts").allInnerTexts();
  return texts.join("\n").trim();
}

/** Serious findings of axe, in words. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  // As the browser's own tool would: the page's policy allows no script that is not its own.
  await page.evaluate(readFileSync(axe, "utf8"));
  const run = "axe.run(document, { resultTypes: ['violations'] })";
  const result = await page.evaluate<{ violations: Violation[] }>(run);
  return result.violations
    .filter((found) => found.impact === "serious" || found.impact === "critical")
    .map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`);
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string }[];
}
