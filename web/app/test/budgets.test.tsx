import type { Budget } from "@madang/protocol";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import type { AdminHttp, Budgets, User } from "../src/account/types.js";
import { PeopleBudgets } from "../src/admin/PeopleBudgets.js";
import { startLanguage, withWords } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { Notices } from "../src/shell/Notices.js";

/** People on a page of the made-up server. */
const PAGE = 2;
const DAILY: Budget = { micro_usd: 2_000_000, period: "day" };

beforeEach(async () => {
  await startLanguage("en");
  await withWords(async () => undefined)();
  // happy-dom knows no modal dialogs.
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
});
afterEach(cleanup);

/** A server with people who have budgets, in pages, and one who has none. */
function serving(names: readonly string[]) {
  const budgets = new Map<string, Budget>(names.map((name) => [`usr_${name}`, DAILY]));
  const sets: [string, Budget | null][] = [];
  const all = [...names, "nobody"];
  const admin: Partial<AdminHttp> = {
    budgets: async (cursor = "0"): Promise<Budgets> => {
      const from = Number(cursor);
      const known = names.filter((name) => budgets.has(`usr_${name}`));
      const items = known.slice(from, from + PAGE).map((name) => ({
        user_id: `usr_${name}`,
        name,
        display_name: name.toUpperCase(),
        budget: budgets.get(`usr_${name}`) ?? DAILY,
        used: { micro_usd: 500_000, tokens: 10 },
      }));
      const more = from + PAGE < known.length;
      return { server: null, items, ...(more ? { next_cursor: String(from + PAGE) } : {}) };
    },
    users: async (query) => ({
      users: all
        .filter((name) => name.includes(query))
        .map((name) => ({ user_id: `usr_${name}`, name, display_name: name.toUpperCase() }) as User),
    }),
    setUserBudget: async (id, budget) => {
      sets.push([id, budget]);
      if (budget) budgets.set(id, budget);
      else budgets.delete(id);
    },
  };
  return { admin, sets };
}

async function open(names: readonly string[]) {
  const { admin, sets } = serving(names);
  const backend = fixtureBackend(new URLSearchParams());
  const http = { ...backend.http, admin: { ...backend.http.admin, ...admin } };
  await act(async () => {
    render(
      <BackendContext value={{ ...backend, http }}>
        <PeopleBudgets />
        <Notices />
      </BackendContext>,
    );
  });
  return sets;
}

const press = (name: string | RegExp, at = 0) =>
  act(async () => void fireEvent.click(screen.getAllByRole("button", { name })[at] as HTMLElement));
const write = (label: string, text: string) =>
  act(async () => void fireEvent.change(screen.getByLabelText(label), { target: { value: text } }));
const rows = () => screen.getAllByRole("listitem").map((row) => row.textContent ?? "");

describe("people's budgets", () => {
  it("come page by page, each with what is used of it", async () => {
    await open(["ann", "ben", "cho"]);
    expect(rows()).toHaveLength(2);
    expect(rows()[0]).toContain("$0.50 of $2.00");
    expect(screen.getByRole("meter", { name: "ANN: $0.50 of $2.00" }).getAttribute("aria-valuenow")).toBe(
      "25",
    );
    await press("Show more");
    expect(rows()).toHaveLength(3);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("are given to whoever one finds, also to those on later pages", async () => {
    const sets = await open(["ann", "ben", "cho"]);
    await write("Search people", "o");
    // `cho` is on the second page of those who have one.
    expect(rows()[0]).toContain("$0.50 of $2.00");
    expect(rows()[1]).toContain("No budget is set.");
    await press("Set a budget");
    await write("Tokens", "1,000");
    await press("Save");
    expect(sets).toEqual([["usr_nobody", { tokens: 1000, period: "day" }]]);
    expect(rows()[1]).toContain("of 1,000 tokens");
  });

  it("are refused in words before anything is sent, and the field has the focus", async () => {
    const sets = await open(["ann"]);
    await press("Change");
    const dialog = screen.getByRole("dialog", { name: "Budget of ANN" });
    await write("US dollars", "five");
    expect(within(dialog).queryByText(/Write a sum/)).toBeNull();
    await press("Save");
    expect(within(dialog).getByText("Write a sum such as 5 or 2.50, at most 1,000,000.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("US dollars"));
    expect(sets).toEqual([]);
    await write("US dollars", "5");
    await write("Tokens", "2.5");
    expect(within(dialog).getByText("Write a whole number, at most 1,000,000,000,000.")).toBeTruthy();
  });

  it("are taken away with a way back", async () => {
    const sets = await open(["ann"]);
    await press("Change");
    await press("Remove the budget");
    expect(rows()[0]).toContain("No budget is set.");
    await press("Undo");
    expect(sets).toEqual([
      ["usr_ann", null],
      ["usr_ann", DAILY],
    ]);
    expect(rows()[0]).toContain("of $2.00");
  });
});
