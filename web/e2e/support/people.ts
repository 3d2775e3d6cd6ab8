/** Several people in several browsers. */
import {
  type Browser,
  expect,
  type Locator,
  type Page,
  type PlaywrightWorkerOptions,
} from "@playwright/test";
import { ask, composer } from "./app.js";

/** Presses of Tab after which something can't be reached. */
const TABS_MAX = 80;

/** Someone new: a browser of their own, with no cookie. */
export async function someone(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  return context.newPage();
}

/** Someone in a browser of their own: another process, which shares nothing with the first. */
export async function elsewhere(
  browser: Browser,
  launch: PlaywrightWorkerOptions["launchOptions"] | undefined,
): Promise<Page> {
  const second = await browser.browserType().launch(launch);
  const page = await second.newPage({ viewport: { width: 1440, height: 900 } });
  page.once("close", () => void second.close());
  return page;
}

/** What the server answers to a command of whoever sits at this page, past everything that the app would refuse. */
export async function commanded(page: Page, type: string, data: object): Promise<string> {
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  return page.evaluate(
    async ([path, body]) => {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
      return `${answer.status} ${code ?? ""}`.trim();
    },
    [`/api/v1/sessions/${id}/commands/${type}`, JSON.stringify(data)] as const,
  );
}

/** Moves the focus with Tab until it is there. */
export async function tabTo(page: Page, to: Locator): Promise<void> {
  for (let press = 0; press < TABS_MAX; press += 1) {
    if (await to.evaluateAll((found) => found.includes(document.activeElement as HTMLElement))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab did not come to ${to}`);
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
