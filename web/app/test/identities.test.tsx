import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import type { Http } from "../src/account/types.js";
import { startLanguage, withWords } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { Identities } from "../src/settings/Identities.js";

beforeEach(async () => {
  await startLanguage("en");
  await withWords(async () => undefined)();
});
afterEach(cleanup);

async function open(query: string, more: Partial<Http> = {}, providers = [{ id: "corp", name: "Corp" }]) {
  const backend = fixtureBackend(new URLSearchParams(query));
  const http = { ...backend.http, ...more };
  await act(async () => {
    render(
      <BackendContext value={{ ...backend, http }}>
        <Identities providers={providers} />
      </BackendContext>,
    );
  });
}

const press = (name: string, at = 0) =>
  act(async () => {
    fireEvent.click(screen.getAllByRole("button", { name })[at] as HTMLElement);
  });

describe("accounts elsewhere", () => {
  it("are named with whom they know one as, and what they are worth", async () => {
    await open("linked");
    const items = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(items[0]).toContain("Example Corp8f2c1a90-minji.kim@corp.example.com");
    expect(items[2]).toContain("Not set up here any more");
    expect(screen.getAllByRole("button", { name: "Unlink" })).toHaveLength(3);
  });

  it("are taken away after a question, and the list is asked for again", async () => {
    const unlinkIdentity = vi.fn(async () => undefined);
    const identities = vi
      .fn()
      .mockImplementationOnce(fixtureBackend(new URLSearchParams("linked")).http.identities)
      .mockResolvedValue({ identities: [], password: true });
    await open("", { unlinkIdentity, identities });
    await press("Unlink", 1);
    expect(unlinkIdentity).not.toHaveBeenCalled();
    expect(screen.getByText(/Nobody can log in here with planner any more/)).toBeTruthy();
    await press("Unlink", 1);
    expect(unlinkIdentity).toHaveBeenCalledWith("minji");
    expect(screen.getByRole("status").textContent).toContain("planner is unlinked.");
    expect(screen.queryByRole("list", { name: "Linked accounts" })).toBeNull();
  });

  it("that are the only way in can't be, and the server's refusal is a sentence", async () => {
    await open("linked&only");
    expect(screen.queryByRole("button", { name: "Unlink" })).toBeNull();
    expect(screen.getByText(/This is your only way in/)).toBeTruthy();
    cleanup();
    // As when a password was taken away meanwhile: the fixture refuses every one.
    await open("linked");
    await press("Unlink");
    await press("Unlink");
    expect(screen.getByRole("alert").textContent).toContain("This is your only way in.");
  });

  it("say nothing where there is no provider and nothing linked", async () => {
    await open("", {}, []);
    expect(screen.queryByRole("heading")).toBeNull();
    cleanup();
    await open("linked", {}, []);
    expect(screen.getByRole("heading", { name: "Log in with another account" })).toBeTruthy();
  });
});
