import type { Message } from "@madang/protocol";
import { describe, expect, it } from "vitest";
import { announce, beginning, plainWords } from "../src/conversation/announcement.js";
import { buildRows, countUnseen, type RowSource } from "../src/conversation/rows.js";
import { staysStuck } from "../src/conversation/useFollowing.js";
import { nextMessage } from "../src/conversation/useSteps.js";
import { startLanguage, translate } from "../src/i18n/index.js";

const DAY = new Date("2026-11-22T12:00").getTime();

function message(id: string, user: string, minutes: number, kind: Message["kind"] = "chat"): Message {
  return {
    message_id: id,
    parent_id: null,
    kind,
    author: { user_id: user, display_name: user },
    content: id,
    created_at: DAY + minutes * 60_000,
  };
}

const source = (messages: Message[], more: Partial<RowSource> = {}): RowSource => ({
  messages,
  pending: [],
  queued: new Set(),
  readTo: undefined,
  me: "me",
  hasMore: false,
  loadingOlder: false,
  ...more,
});

const shape = (from: RowSource) =>
  buildRows(from).map((row) => (row.kind === "message" ? `${row.key}${row.named ? "*" : ""}` : row.kind));

describe("rows", () => {
  it("names a person once per group", () => {
    const messages = [
      message("a", "minji", 0),
      message("b", "minji", 1),
      message("c", "jun", 2),
      message("d", "jun", 9),
    ];
    expect(shape(source(messages))).toEqual(["start", "day", "a*", "b", "c*", "d*"]);
  });

  it("parts days, and what is new since one left", () => {
    const messages = [message("a", "minji", -1440), message("b", "minji", 0), message("c", "minji", 1)];
    expect(shape(source(messages, { readTo: "b" }))).toEqual([
      "start",
      "day",
      "a*",
      "day",
      "b*",
      "new",
      "c*",
    ]);
  });

  it("leaves prompts that wait to the line above the composer", () => {
    expect(shape(source([message("a", "minji", 0)], { queued: new Set(["a"]) }))).toEqual(["start"]);
  });

  it("names what is on its way as it will be named when it has arrived", () => {
    const pending = {
      id: "p",
      content: "x",
      to: "everyone",
      createdAt: DAY + 60_000,
      replyTo: undefined,
      state: "sending",
      trouble: undefined,
    } as const;
    const named = (messages: Message[]) =>
      buildRows(source(messages, { pending: [pending, { ...pending, id: "q" }] })).flatMap((row) =>
        row.kind === "pending" ? [row.named] : [],
      );
    expect(named([message("a", "me", 0)])).toEqual([false, false]);
    expect(named([message("a", "jun", 0)])).toEqual([true, false]);
    expect(named([])).toEqual([true, false]);
  });

  it("holds back the oldest while the one before it is yet to come, so that nothing changes then", () => {
    const older = [message("a", "minji", 0), message("b", "minji", 1)];
    const newer = [message("c", "minji", 2), message("d", "minji", 3), message("e", "jun", 4)];
    const before = shape(source(newer, { hasMore: true }));
    expect(before).toEqual(["start", "d", "e*"]);
    expect(shape(source([...older, ...newer])).slice(-2)).toEqual(before.slice(-2));
  });

  it("keeps keys unique", () => {
    const messages = Array.from({ length: 50 }, (_, at) => message(`m${at}`, "x", at * 300));
    const keys = buildRows(source(messages)).map((row) => row.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("what one has not seen", () => {
  const messages = [message("a", "minji", 0), message("b", "claude", 1, "reply"), message("c", "me", 2)];
  it("counts what others added after the last that was seen", () => {
    expect(countUnseen(messages, "a", "me")).toBe(1);
    expect(countUnseen(messages, "c", "me")).toBe(0);
  });
  it("counts nothing where it can't know", () => {
    expect(countUnseen(messages, undefined, "me")).toBe(0);
    expect(countUnseen(messages, "gone", "me")).toBe(0);
  });
});

describe("following the end", () => {
  it("goes on until one scrolls up, and again from the end", () => {
    expect(staysStuck(true, false, false)).toBe(true);
    expect(staysStuck(true, false, true)).toBe(false);
    expect(staysStuck(false, false, false)).toBe(false);
    expect(staysStuck(false, true, true)).toBe(true);
  });
});

describe("steps", () => {
  it("go from message to message, over days and lines", () => {
    const rows = buildRows(source([message("a", "x", -1440), message("b", "x", 0)]));
    expect(nextMessage(rows, rows.length, -1)).toBe(4);
    expect(nextMessage(rows, 4, -1)).toBe(2);
    expect(nextMessage(rows, 2, -1)).toBeUndefined();
    expect(nextMessage(rows, 0, 1)).toBe(2);
  });
});

describe("what ears are told", () => {
  it("has no signs of Markdown in it", () => {
    expect(
      plainWords("## Head\n\n- **one** [two](https://x)\n\n```js\ncode\n```\n\n| a | b |\n| --- | --- |"),
    ).toBe("Head one two a b");
  });

  it("is a beginning that ends with a sentence", () => {
    const long = "A sentence of some length here. ".repeat(40);
    expect(beginning(long).endsWith("here.")).toBe(true);
    expect(beginning(long).length).toBeLessThanOrEqual(600);
    expect(beginning("short")).toBe("short");
  });

  it("says how it ended", async () => {
    await startLanguage("en");
    const reply = {
      status: "cancelled",
      parts: [],
      model: "m",
      simulated: false,
      stopped_by: { user_id: "u", display_name: "Minji" },
    } as const;
    const ended: Message = {
      ...message("r", "claude", 0, "reply"),
      content: "Half.",
      reply: { ...reply, parts: [] },
    };
    expect(announce(ended, translate)).toBe("Claude replied. Half. Stopped by Minji.");
  });
});
