/** How the app is to read, to type Korean in, to use on a phone and with a screen reader. */
import { expect, test } from "@playwright/test";
import { ask, composer, lastReply, replied, seriousFindings } from "../support/app.js";
import { Server } from "../support/server.js";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start({ config: "simulated_pieces_per_second = 0\n" });
});
test.afterAll(async () => {
  await server.remove();
});

test("axe finds nothing serious: first run, a rich reply, both themes", async ({ page }) => {
  await page.goto(server.url);
  await expect(composer(page)).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await ask(page, "table, code, math and mermaid");
  await replied(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await seriousFindings(page)).toEqual([]);
  }
});

test.describe("in Korean", () => {
  test.use({ locale: "ko-KR" });

  test("the app speaks Korean, and a syllable being composed is never sent", async ({ page }) => {
    await page.goto(server.url);
    await expect(page.locator("html")).toHaveAttribute("lang", "ko");
    await composer(page).click();
    const session = await page.context().newCDPSession(page);
    await session.send("Input.imeSetComposition", { selectionStart: 1, selectionEnd: 1, text: "한" });
    await page.keyboard.press("Enter");
    await expect(page.getByRole("article")).toHaveCount(0);
    await session.send("Input.insertText", { text: "한글로 물어봐요" });
    await page.keyboard.press("Enter");
    await expect(page.getByText("한글로 물어봐요").first()).toBeVisible();
    await replied(page);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("one room at a time, nothing wider than the screen, targets large enough", async ({ page }) => {
    await page.goto(server.url);
    await ask(page, "code and a table");
    await replied(page);
    const wide = await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth");
    expect(wide).toBe(true);
    for (const button of await page.getByRole("button").filter({ visible: true }).all()) {
      const box = await button.boundingBox();
      if (box)
        expect.soft(Math.min(box.height, box.width), await button.innerText()).toBeGreaterThanOrEqual(40);
    }
    const rooms = page.getByRole("navigation", { name: "Rooms" });
    await rooms.getByText("Sessions").click();
    await expect(page.getByPlaceholder("Search")).toBeVisible();
  });
});

test("by the keyboard alone: palette, new session, send, previous message, help", async ({ page }) => {
  await page.goto(server.url);
  await expect(composer(page)).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.type("New session");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await composer(page).focus();
  await page.keyboard.type("Typed, not clicked.");
  await page.keyboard.press("Enter");
  await replied(page);
  await page.locator("body").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("k");
  await expect(page.locator("[data-message]:focus")).toHaveCount(1);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(lastReply(page)).toBeVisible();
});

test("sessions are renamed, found by title, deleted and brought back", async ({ page }) => {
  await page.goto(server.url);
  await ask(page, "A first session");
  await replied(page);
  const row = page.getByRole("button", { name: /More for “A first session”/ });
  await row.click();
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  const title = page.getByRole("textbox", { name: "Title of the session" }).last();
  await title.fill("봄 소풍 계획");
  await title.press("Enter");
  await expect(page.getByRole("button", { name: /More for “봄 소풍 계획”/ })).toBeVisible();
  await page.getByPlaceholder("Search").fill("소풍");
  await expect(page.getByRole("button", { name: /More for “봄 소풍 계획”/ })).toBeVisible();
  await page.getByPlaceholder("Search").fill("no such");
  await expect(page.getByText("No title contains “no such”.")).toBeVisible();
  await page.getByPlaceholder("Search").fill("");
  await page.getByRole("button", { name: /More for “봄 소풍 계획”/ }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("button", { name: /More for “봄 소풍 계획”/ })).toBeVisible();
});

test("cn1 someone whom the server does not know is led to the door, and the app stops trying", async ({
  page,
}) => {
  const closed = await Server.start({ guests: false, gateway: "hello_ms = 300\n" });
  await page.goto(closed.url);
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Continue as a guest" })).toHaveCount(0);
  expect(await seriousFindings(page)).toEqual([]);
  await closed.remove();
});
