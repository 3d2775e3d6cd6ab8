/** Logging in with an identity of another place, at a real provider. */
import { expect, test } from "@playwright/test";
import { composer, seriousFindings } from "../support/app.js";
import { type IdentityProvider, startIdentityProvider } from "../support/identity.js";
import { logIn, someone } from "../support/people.js";
import { freePort, Server } from "../support/server.js";

const PASSWORD = "a long enough password";
let provider: IdentityProvider;
let server: Server;

test.beforeEach(async () => {
  const port = await freePort();
  provider = await startIdentityProvider(`http://127.0.0.1:${port}/api/v1/oidc/local/callback`);
  const config = `
[[accounts.oidc]]
id = "local"
name = "Example Inc."
issuer = "${provider.issuer}"
client_id = "public"
sign_up = false
`;
  server = await Server.start({ port, config });
});
test.afterEach(async () => {
  await server.remove();
  await provider.end();
});

test("one links an identity in the settings, and logs in with it; nobody else can link it", async ({
  page,
  browser,
}) => {
  server.addUser("minji", "Minji", PASSWORD);
  server.addUser("jun", "Jun", PASSWORD);
  // Whom the provider knows, but who has no account here, is told so.
  const other = await someone(browser);
  await other.goto(`${server.url}/login`);
  await other.getByRole("link", { name: "Log in with Example Inc." }).click();
  await expect(other.getByText(/have no account here/)).toBeVisible();

  await logIn(page, server.url, "minji", PASSWORD);
  await page.goto(`${server.url}/settings`);
  await page.getByRole("button", { name: "Link Example Inc." }).click();
  await expect(page.getByText("Linked. You can log in with Example Inc. from now on.")).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/settings`);
  expect(await seriousFindings(page)).toEqual([]);

  await other.getByRole("link", { name: "Log in with Example Inc." }).click();
  await expect(composer(other)).toBeVisible();
  await expect(other.getByText("Minji").first()).toBeVisible();
  await other.context().close();

  // The same identity is refused to another account, where that one began.
  const third = await someone(browser);
  await logIn(third, server.url, "jun", PASSWORD);
  await third.goto(`${server.url}/settings`);
  await third.getByRole("button", { name: "Link Example Inc." }).click();
  await expect(third.getByText(/Somebody else here has linked that account/)).toBeVisible();
  // An address that somebody made up links nothing, and says nothing.
  await third.goto(`${server.url}/settings?linked=local`);
  await expect(third.getByRole("heading", { name: "Log in with another account" })).toBeVisible();
  await expect(third.getByText(/^Linked\./)).toHaveCount(0);

  // Taken away after a question, it lets nobody in any more, and whoever has it can link it elsewhere.
  const linked = page.getByRole("list", { name: "Linked accounts" });
  await expect(linked.getByText("Example Inc.")).toBeVisible();
  await linked.getByRole("button", { name: "Unlink" }).click();
  await linked.getByRole("button", { name: "Cancel" }).click();
  await linked.getByRole("button", { name: "Unlink" }).click();
  await linked.getByRole("button", { name: "Unlink" }).click();
  await expect(page.getByText("Example Inc. is unlinked.", { exact: false })).toBeVisible();
  await expect(linked).toHaveCount(0);
  expect(await seriousFindings(page)).toEqual([]);
  await third.getByRole("button", { name: "Link Example Inc." }).click();
  await expect(third.getByText("Linked. You can log in with Example Inc. from now on.")).toBeVisible();
  await third.context().close();
});
