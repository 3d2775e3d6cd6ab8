import { type ConnectionState, MadangError } from "@madang/client";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import english from "../src/i18n/en.json";
import { startLanguage, translate } from "../src/i18n/index.js";
import { connectionFrom, troubleFrom } from "../src/session/live.js";
import { sentenceOf } from "../src/session/trouble.js";
import { dueDeletions, scheduleDeletion, UNDO_MS, undoDeletion } from "../src/sessions/deletions.js";
import { commandOf } from "../src/shell/keys.js";
import { goTo, pathOf, routeOf } from "../src/shell/route.js";

beforeAll(() => startLanguage("en"));
afterEach(() => localStorage.clear());

describe("troubles", () => {
  it("become sentences with the next step", () => {
    const refused = new MadangError("RATE_LIMITED", "slow down", { retryAfter: 2500 });
    expect(sentenceOf(troubleFrom(refused), translate)).toBe("That was too fast. Try again in 3 s.");
  });

  it("say whose budget is used up, and when it only seems so", () => {
    const said = (details: string, retryAfter = 3_600_000) =>
      sentenceOf(troubleFrom(new MadangError("BUDGET_EXCEEDED", "", { details, retryAfter })), translate);
    expect(said("user/day")).toBe("You have used your budget for today.");
    expect(said("server/month")).toBe("This server has used its budget for this month.");
    expect(said("session/month")).toBe("This session has used its budget for this month.");
    expect(said("user/day", 10_000)).toMatch(/^What is left of the budget is set aside/);
    expect(said("something else")).toBe("This session has used its budget for today.");
  });

  it("all have one, whoever they come from", () => {
    for (const error of [
      new MadangError("TIMEOUT", ""),
      new MadangError("CONNECTION_LOST", ""),
      new Error("x"),
      "x",
      undefined,
    ]) {
      expect(Object.keys(english)).toContain(`error.${troubleFrom(error).code}`);
    }
  });
});

describe("the connection", () => {
  const why = { code: 4401, reason: "", key: "credential_refused" } as const;
  it.each<[ConnectionState, ReturnType<typeof connectionFrom>]>([
    [{ status: "idle" }, { kind: "connecting" }],
    [{ status: "connected", since: 1 }, { kind: "connected" }],
    [
      { status: "reconnecting", attempt: 1, retryAt: 9, why },
      { kind: "reconnecting", retryAt: 9 },
    ],
    [
      { status: "reconnecting", attempt: 1, retryAt: null, why },
      { kind: "reconnecting", retryAt: 0 },
    ],
    [{ status: "offline", retryAt: null, why }, { kind: "offline" }],
    [
      { status: "closed", ...why },
      { kind: "closed", why: "credential" },
    ],
    [
      { status: "closed", ...why, key: "forbidden" },
      { kind: "closed", why: "forbidden" },
    ],
    [
      { status: "closed", ...why, key: "goodbye" },
      { kind: "closed", why: "other" },
    ],
  ])("%j", (state, shown) => {
    expect(connectionFrom(state)).toEqual(shown);
  });
});

describe("deleting", () => {
  it("happens when the time for undoing is over, also after a reload", () => {
    scheduleDeletion("ses_a", 1000);
    scheduleDeletion("ses_b", 2000);
    expect(dueDeletions(1000 + UNDO_MS - 1)).toEqual([]);
    expect(dueDeletions(1000 + UNDO_MS)).toEqual(["ses_a"]);
    expect(localStorage.getItem("madang.deletions")).toContain("ses_b");
    undoDeletion("ses_b");
    expect(dueDeletions(1_000_000)).toEqual(["ses_a"]);
    undoDeletion("ses_a");
    expect(localStorage.getItem("madang.deletions")).toBeNull();
  });
});

describe("addresses", () => {
  it("name a session or none", () => {
    expect(routeOf("/s/ses_01a2")).toEqual({ sessionId: "ses_01a2" });
    expect(routeOf("/")).toEqual({ sessionId: undefined });
    expect(routeOf("/s/<script>")).toEqual({ sessionId: undefined });
    expect(pathOf(routeOf("/s/ses_01a2"))).toBe("/s/ses_01a2");
  });

  it("are where one goes", () => {
    goTo({ sessionId: "ses_1" });
    expect(location.pathname).toBe("/s/ses_1");
  });
});

describe("keys", () => {
  const key = (init: KeyboardEventInit) => commandOf(new KeyboardEvent("keydown", init));

  it("mean something", () => {
    expect(key({ key: "k", ctrlKey: true })).toBe("palette");
    expect(key({ key: "Enter", metaKey: true })).toBe("send");
    expect(key({ key: "j", code: "KeyJ" })).toBe("next");
    expect(key({ key: "?" })).toBe("keys");
    expect(key({ key: "Escape" })).toBe("escape");
    expect(key({ key: "x" })).toBeUndefined();
  });

  it("mean the same on a Korean keyboard", () => {
    expect(key({ key: "ㅓ", code: "KeyJ" })).toBe("next");
    expect(key({ key: "ㅏ", code: "KeyK" })).toBe("previous");
  });

  it("mean nothing while a syllable is being composed", () => {
    expect(key({ key: "Escape", isComposing: true })).toBeUndefined();
    expect(key({ key: "Enter", ctrlKey: true, keyCode: 229 })).toBeUndefined();
  });

  it("belong to the field that one writes in", () => {
    const field = document.createElement("textarea");
    document.body.append(field);
    const heard: unknown[] = [];
    field.addEventListener("keydown", (event) => heard.push(commandOf(event)));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "j", code: "KeyJ", bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(heard).toEqual([undefined, "escape"]);
    field.remove();
  });
});
