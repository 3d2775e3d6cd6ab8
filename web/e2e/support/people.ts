/** Several people in several browsers. */
import { type Browser, expect, type Page } from "@playwright/test";
import { ask, composer } from "./app.js";

/** Someone new: a browser of their own, with no cookie. */
export async function someone(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  return context.newPage();
}

/** Starts a session by saying something; gives its address. */
export async function startSession(page: Page, url: string, words: string): Promise<string> {
  await page.goto(url);
  await expect(composer(page)).toBeVisible();
  await ask(page, words);
  await expect(page).toHaveURL(/\/s\/ses_/);
  return page.url();
}

/** Makes a link that lets one person in, through the dialog. */
export async function inviteLink(page: Page, role: "Collaborator" | "Viewer"): Promise<string> {
  await page.getByRole("button", { name: "Invite", exact: true }).first().click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByLabel("Role").last().selectOption({ label: role });
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const link = await dialog.getByRole("textbox", { name: "By link" }).inputValue();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(dialog).toHaveCount(0);
  return link;
}

/** Enters by a link as a guest. */
export async function joinAsGuest(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await expect(page.getByRole("heading", { name: /^Join/ })).toBeVisible();
  await page.getByRole("button", { name: "Continue as a guest" }).click();
  await expect(page).toHaveURL(/\/s\/ses_/);
}

/** Opens the panel of people, if it is not. */
export async function openPeople(page: Page): Promise<void> {
  const panel = page.getByRole("complementary", { name: "People" });
  if ((await panel.count()) > 0) return;
  await page.getByRole("button", { name: /in this session/ }).click();
  await expect(panel).toBeVisible();
}

/** Logs in on the page of that name. */
export async function logIn(page: Page, url: string, name: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("Name to log in with").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(composer(page)).toBeVisible();
}
