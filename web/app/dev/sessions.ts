/** Invented sessions, one for each state worth looking at. */
import type { Message, Part } from "@madang/protocol";
import type { SessionView } from "../src/session/types.js";
import { answer, LONG, ME, MINUTE, NOW, people, present, say, summary, view } from "./make.js";
import { DIAGRAM, KOREAN, RICH, SHELL } from "./texts.js";

const BEFORE = NOW - 26 * 60 * MINUTE;
const tools: Part[] = [
  { index: 0, kind: "thinking", content: "The user wants the file. I read it first.", duration_ms: 12_400 },
  { index: 1, kind: "text", content: "I look at the file first." },
  {
    index: 2,
    kind: "tool_use",
    name: "read_file",
    tool_use_id: "t1",
    content: '{"path":"src/server/main.rs","from":1,"to":80}',
  },
  {
    index: 3,
    kind: "tool_result",
    tool_use_id: "t1",
    content: '[{"type":"text","text":"fn main() {\\n    println!(\\"hello\\");\\n}"}]',
  },
  {
    index: 4,
    kind: "tool_use",
    name: "edit_document",
    tool_use_id: "t2",
    content: '{"path":"main","old_str":"hello","new_str":"안녕"}',
  },
  { index: 5, kind: "text", content: "It prints a greeting. I changed the word." },
];

function many(count: number): Message[] {
  return Array.from({ length: count }, (_, at) => {
    const when = NOW - (count - at) * 7 * MINUTE;
    if (at % 2 === 0)
      return say(
        at % 6 === 0 ? LONG : ME,
        `Question ${at / 2 + 1}: what about ${"it ".repeat((at * 7) % 40)}?`,
        when,
      );
    return answer(
      at % 10 === 9
        ? RICH
        : `Answer ${(at + 1) / 2}. ${"A sentence that says a little more. ".repeat((at * 3) % 14)}`,
      when,
    );
  });
}

const asked = say(
  ME,
  "What differs between server-sent events and WebSockets? Put it in a table, and show me the back-off.",
  BEFORE,
);
const rich = answer(RICH, BEFORE + 2000);
const second = say(ME, "Thanks. Now how do I run it?\nAnd in Python, primes below n.", NOW - 9 * MINUTE);
const korean = answer(KOREAN, NOW - 3 * MINUTE, { model: "claude-sonnet-5" });

export const SESSIONS: Record<string, SessionView> = {
  ses_table: view(
    [
      asked,
      rich,
      say(LONG, "I would take the second one.", NOW - 20 * MINUTE, "chat"),
      say(LONG, "But let us measure.", NOW - 19 * MINUTE, "chat"),
      second,
      answer(SHELL, NOW - 8 * MINUTE),
    ],
    {
      participants: people(2),
      branches: new Map([
        [rich.message_id, ["msg_a", rich.message_id, "msg_c"]],
        [second.message_id, [second.message_id, "msg_d"]],
      ]),
    },
  ),
  ses_tools: view([
    say(ME, "Read src/server/main.rs and make it greet in Korean.", NOW - 5 * MINUTE),
    answer("", NOW - 4 * MINUTE, { parts: tools }),
  ]),
  ses_diagram: view([say(ME, "Draw it.", NOW - 5 * MINUTE), answer(DIAGRAM, NOW - 4 * MINUTE)]),
  ses_korean: view([say(ME, "서버 전송 이벤트와 웹소켓을 표로 비교해 줘.", NOW - 4 * MINUTE), korean]),
  ses_ends: view([
    say(ME, "One", NOW - 50 * MINUTE),
    answer("It began well and then", NOW - 49 * MINUTE, { status: "cancelled", stopped_by: ME }),
    say(ME, "Two", NOW - 48 * MINUTE),
    answer("", NOW - 47 * MINUTE, {
      status: "error",
      parts: [],
      error: { code: "MODEL_OVERLOADED", message: "" },
    }),
    say(ME, "Three", NOW - 46 * MINUTE),
    answer("The first half of a", NOW - 45 * MINUTE, { status: "interrupted" }),
  ]),
  ses_empty: view([], { participants: people(40), presence: present(people(40)) }),
  ses_many: view(many(1000), { participants: people(40), presence: present(people(40)) }),
  ses_viewer: view([asked, rich], { summary: summary("ses_viewer", "Read only", NOW, { role: "viewer" }) }),
};

export const TITLES: [string, string, number][] = [
  ["ses_table", "Server-sent events or WebSockets", 8 * MINUTE],
  ["ses_team", "Where to launch", 2 * MINUTE],
  ["ses_tools", "Greeting in Korean", 4 * MINUTE],
  ["ses_stream", "A reply being written", 1 * MINUTE],
  [
    "ses_diagram",
    "A very long title that goes on and on until there is no more room for it in any list of sessions at all",
    90 * MINUTE,
  ],
  ["ses_korean", "서버 전송 이벤트와 웹소켓 비교", 26 * 60 * MINUTE],
  ["ses_ends", "Three ways to end", 30 * 60 * MINUTE],
  ["ses_empty", "", 3 * 24 * 60 * MINUTE],
  ["ses_many", "A thousand messages", 4 * 24 * 60 * MINUTE],
  ["ses_viewer", "Read only", 20 * 24 * 60 * MINUTE],
];
