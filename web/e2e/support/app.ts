/** What a person does in the app, by the names that a screen reader says. */
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
