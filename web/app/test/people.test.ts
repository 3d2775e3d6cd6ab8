import type { Participant, Presence } from "@madang/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { summary, view } from "../dev/make.js";
import { ceilingOf, everyDay, startOf } from "../src/admin/days.js";
import { typingNames, typingWords } from "../src/conversation/ActivityLine.js";
import { emojiIn } from "../src/conversation/emoji.js";
import { unreadAt } from "../src/conversation/useUnread.js";
import { peopleOf } from "../src/head/faces.js";
import { startLanguage, translate } from "../src/i18n/index.js";
import { amountOf } from "../src/people/amount.js";
import { isUsedUp, shareOf, spentWords, usesOf } from "../src/people/budget.js";
import { groupHits, piecesOf } from "../src/search/snippet.js";
import { isSearchable } from "../src/search/useSearch.js";
import { GRANTABLE, mayInRole, mayOf } from "../src/session/may.js";
import { browserOf } from "../src/settings/agent.js";
import { PALETTE, toneOf } from "../src/ui/tone.js";

beforeAll(() => startLanguage("en"));

const person = (user_id: string, more: Partial<Participant> = {}): Participant => ({
  user_id,
  display_name: user_id,
  role: "collaborator",
  color: PALETTE[0],
  joined_at: 1,
  ...more,
});

describe("what one may do", () => {
  it("follows the role, and what was granted on top of it", () => {
    expect(mayInRole("owner", [])).toMatchObject({ prompt: true, stopAny: true, invite: true, govern: true });
    expect(mayInRole("collaborator", [])).toMatchObject({ prompt: true, stopAny: false, invite: false });
    expect(mayInRole("collaborator", ["invite"])).toMatchObject({ invite: true, govern: false });
    expect(mayInRole("viewer", [])).toMatchObject({ prompt: false, chat: false, react: true });
    expect(mayInRole("viewer", ["chat"])).toMatchObject({ prompt: false, chat: true, changeOwn: true });
  });

  it("grants nothing that a role has anyway, and nothing that it can't have", () => {
    expect(GRANTABLE.owner).toEqual([]);
    // A right that is not for the role changes nothing.
    expect(mayInRole("viewer", ["invite", "stop"])).toEqual(mayInRole("viewer", []));
  });

  it("is nothing in a session that one was removed from, and little in one that is closed", () => {
    expect(mayOf(view([], { state: "removed" }), "me").prompt).toBe(false);
    const closed = view([], { summary: summary("s", "", 0, { status: "closed" }) });
    expect(mayOf(closed, "me")).toMatchObject({ prompt: false, chat: false, govern: true });
  });
});

describe("colours from elsewhere", () => {
  it("are one of the app's own, or grey; nothing else reaches a style", () => {
    expect(toneOf(PALETTE[4])).toBe("tone tone-5");
    for (const color of ["red", "url(https://evil.example)", "oklch(62% 0.13 20);x:y", "", undefined]) {
      expect(toneOf(color)).toBe("tone");
    }
  });
});

describe("people", () => {
  const here: Presence = { user_id: "b", state: "here", devices: 1, typing: true };

  it("come in the order in which one looks for them, Claude apart", () => {
    const all = [
      person("claude"),
      person("a", { joined_at: 1 }),
      person("b"),
      person("me", { joined_at: 9 }),
    ];
    const presence = new Map([
      ["b", here],
      ["me", { ...here, user_id: "me", typing: false }],
    ]);
    const order = peopleOf(all, presence, "me").map((each) => [each.participant.user_id, each.standing]);
    expect(order).toEqual([
      ["me", "here"],
      ["b", "here"],
      ["a", "absent"],
    ]);
  });

  it("who type are named up to two, and counted beyond; oneself never", () => {
    const all = ["a", "b", "c", "me"].map((id) => person(id));
    const presence = new Map(all.map((each) => [each.user_id, { ...here, user_id: each.user_id }]));
    expect(typingNames(all, presence, "me")).toEqual(["a", "b", "c"]);
    expect(typingWords([], translate)).toBe("");
    expect(typingWords(["Minji"], translate)).toBe("Minji is typing");
    expect(typingWords(["Minji", "Jun"], translate)).toBe("Minji and Jun are typing");
    expect(typingWords(["a", "b", "c"], translate)).toBe("3 people are typing");
  });
});

describe("a budget", () => {
  it("is used up by whichever of its limits is reached first", () => {
    const budget = { tokens: 1000, micro_usd: 2_000_000, period: "day" as const };
    expect(shareOf(budget, { tokens: 900, micro_usd: 100 })).toBeCloseTo(0.9);
    expect(isUsedUp(budget, { tokens: 10, micro_usd: 2_000_000 })).toBe(true);
    expect(isUsedUp({ micro_usd: 0, period: "day" }, undefined)).toBe(true);
    expect(isUsedUp(undefined, undefined)).toBe(false);
  });

  it("is said in both measures, with its period", () => {
    const budget = { tokens: 1000, micro_usd: 2_000_000, period: "month" as const };
    expect(spentWords(budget, { tokens: 900, micro_usd: 1_500_000 }, "en", translate)).toBe(
      "$1.50 of $2.00 · 900 of 1,000 tokens this month",
    );
  });
});

describe("what is unread", () => {
  const message = (id: string, by: string) => ({
    message_id: id,
    parent_id: null,
    kind: "chat" as const,
    author: { user_id: by, display_name: by },
    content: id,
    created_at: 1,
  });
  const messages = [message("a", "me"), message("b", "jun"), message("c", "me"), message("d", "jun")];

  it("is what others wrote after the mark", () => {
    expect(unreadAt(view(messages, { readTo: "a" }), "me")).toEqual({ readTo: "a", count: 2 });
    expect(unreadAt(view(messages, { readTo: "d" }), "me")).toBeUndefined();
    expect(unreadAt(view(messages), "me")).toBeUndefined();
  });

  it("is not what is being written before one's eyes", () => {
    expect(unreadAt(view(messages, { readTo: "c", running: "d" }), "me")).toBeUndefined();
  });

  it("is not what waits its turn", () => {
    const queued = [{ turn_id: "t", prompt_id: "d", position: 1 }];
    expect(unreadAt(view(messages, { readTo: "c", queued }), "me")).toBeUndefined();
  });

  it("is the server's count where the mark is further up than what is loaded", () => {
    const far = view(messages, { readTo: "far", summary: summary("s", "", 0, { unread: 40 }) });
    expect(unreadAt(far, "me")).toEqual({ readTo: "far", count: 40 });
  });
});

describe("hits", () => {
  const hit = (session_id: string, message_id: string) => ({
    session_id,
    title: session_id,
    message_id,
    author: { user_id: "u", display_name: "U" },
    created_at: 1,
    snippet: "",
  });

  it("has no signs of Markdown in it", () => {
    expect(
      piecesOf("Wrote: > Plan \uE000tea\uE001 ## A table | Place | |:--|--:| | one").map(({ text }) => text),
    ).toEqual([
      expect.stringMatching(/^Wrote:\s+Plan $/),
      "tea",
      expect.stringMatching(/^\s+A table\s+Place\s+one$/),
    ]);
    expect(piecesOf("C# # 3 > 2 - 1").map(({ text }) => text)).toEqual(["C# # 3 > 2 - 1"]);
  });

  it("show what matched, and markup as the letters that it is", () => {
    expect(piecesOf("<b>a</b> \uE000one\uE001 two \uE000three")).toEqual([
      { text: "<b>a</b> ", matched: false },
      { text: "one", matched: true },
      { text: " two ", matched: false },
      { text: "three", matched: true },
    ]);
  });

  it("stand with their session", () => {
    const groups = groupHits([hit("s1", "a"), hit("s2", "b"), hit("s1", "c")]);
    expect(groups.map((group) => [group.sessionId, group.hits.length])).toEqual([
      ["s1", 2],
      ["s2", 1],
    ]);
  });

  it("are asked for once there is enough to look for", () => {
    expect(isSearchable("a")).toBe(false);
    expect(isSearchable("ab")).toBe(true);
    expect(isSearchable("봄")).toBe(true);
  });
});

describe("an emoji typed", () => {
  it("is the first one, whole; words are none", () => {
    expect(emojiIn("👍🏽 yes")).toBe("👍🏽");
    expect(emojiIn("👩‍👩‍👧‍👦")).toBe("👩‍👩‍👧‍👦");
    expect(emojiIn("🇰🇷")).toBe("🇰🇷");
    expect(emojiIn("<img>")).toBeUndefined();
    expect(emojiIn("12")).toBeUndefined();
  });
});

describe("bars", () => {
  it("have every day of the period, also those on which nothing was used", () => {
    const now = Date.parse("2026-11-22T09:00:00Z");
    const from = startOf(now, 3);
    expect(new Date(from).toISOString()).toBe("2026-11-20T00:00:00.000Z");
    const row = { requests: 1, input_tokens: 1, output_tokens: 1, tokens: 2, micro_usd: 3 };
    const days = everyDay([{ key: "2026-11-21", label: "x", ...row }], from, 3);
    expect(days.map((day) => [day.key, day.requests])).toEqual([
      ["2026-11-20", 0],
      ["2026-11-21", 1],
      ["2026-11-22", 0],
    ]);
  });

  it("end below a round number", () => {
    expect([0, 1, 3, 180, 2_600_000].map(ceilingOf)).toEqual([1, 1, 5, 200, 5_000_000]);
  });
});

describe("a sum in a field", () => {
  it("is a number, nothing, or wrong", () => {
    expect(amountOf("", 2, 100)).toBeNull();
    expect(amountOf(" 5 ", 2, 100)).toBe(5);
    expect(amountOf("2.50", 2, 100)).toBe(2.5);
    expect(amountOf("1,250,000", 0, 2_000_000)).toBe(1_250_000);
    expect(amountOf("0", 0, 100)).toBe(0);
    for (const wrong of ["-1", "five", "1e3", "2.505", "101", "1,25", ".5", "5.", "0x10", "∞"]) {
      expect(amountOf(wrong, 2, 100), wrong).toBeUndefined();
    }
    expect(amountOf("2.5", 0, 100)).toBeUndefined();
  });
});

describe("the limits of a budget", () => {
  it("have a bar each, and a limit of nothing is used up", async () => {
    await startLanguage("en");
    const uses = usesOf(
      { micro_usd: 0, tokens: 1000, period: "day" },
      { tokens: 1500, micro_usd: 0 },
      "en",
      translate,
    );
    expect(uses.map(({ words, share }) => [words, share])).toEqual([
      ["$0.00 of $0.00", 1],
      ["1,500 of 1,000 tokens", 1.5],
    ]);
    expect(usesOf({ tokens: 10, period: "month" }, undefined, "en", translate)).toHaveLength(1);
  });
});

describe("a browser's word for itself", () => {
  it("becomes what people call it, or stays", () => {
    const chrome =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
    const iphone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E148 Safari/604.1";
    const edge = `${chrome.replace("X11; Linux x86_64", "Windows NT 10.0; Win64; x64")} Edg/156.0`;
    expect(browserOf(chrome)).toEqual({ browser: "Chrome", system: "Linux" });
    expect(browserOf(iphone)).toEqual({ browser: "Safari", system: "iPhone" });
    expect(browserOf(edge)).toEqual({ browser: "Edge", system: "Windows" });
    expect(
      browserOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ).toEqual({
      browser: "Firefox",
      system: "macOS",
    });
    expect(browserOf("curl/8.5.0")).toBeUndefined();
  });
});
