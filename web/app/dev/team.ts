/** An invented session of several people, with everything that they do to messages. */
import type { Message } from "@madang/protocol";
import type { SessionView } from "../src/session/types.js";
import { answer, JUN, LONG, ME, MINUTE, NOW, people, present, say, summary, view } from "./make.js";

const HOSTILE = '<img src=x onerror=alert(1)> "><script>alert(1)</script>';

export function teamView(wanted: URLSearchParams): SessionView {
  const count = Number(wanted.get("people")) || 5;
  const participants = people(count);
  const role = (wanted.get("role") ?? "owner") as "owner" | "collaborator" | "viewer";
  const first = say(JUN, "시작할게요. @Minji Kim 어디서 먼저 낼까요?", NOW - 64 * MINUTE, "chat");
  const question = say(
    ME,
    "@Claude compare Seoul and Berlin for the launch, in three sentences.",
    NOW - 62 * MINUTE,
  );
  const reply = answer(
    "Seoul has the users who asked for it; Berlin has the partners. Start in Seoul, with a small group, and invite Berlin once the first month is over. Both need the same privacy text.",
    NOW - 61 * MINUTE,
  );
  const quoting: Message = {
    ...say(
      LONG,
      `I agree with the order, but a month is long.\nTwo weeks? ${HOSTILE}`,
      NOW - 30 * MINUTE,
      "chat",
    ),
    reply_to: reply.message_id,
    reactions: [
      { emoji: "👍", users: ["usr_me", "usr_jun", "usr_3"] },
      { emoji: "🎉", users: ["usr_jun"] },
    ],
  };
  const edited: Message = {
    ...say(ME, "Two weeks then. @박준 can you book the room?", NOW - 29 * MINUTE, "chat"),
    mentions: ["usr_jun"],
    edited_at: NOW - 28 * MINUTE,
  };
  const gone: Message = { ...say(JUN, "", NOW - 20 * MINUTE, "chat"), deleted_at: NOW - 19 * MINUTE };
  const calling: Message = {
    ...say(JUN, "@Minji Kim 회의실 예약했어요. 3층이에요.", NOW - 4 * MINUTE, "chat"),
    mentions: ["usr_me"],
    reply_to: edited.message_id,
  };
  const waiting = say(
    LONG,
    "And what would the legal department say about all of this, in detail?",
    NOW - MINUTE,
  );
  const mine = say(ME, "Then write the announcement.", NOW - MINUTE / 2);
  const queued = wanted.has("queued");
  return view(
    [
      first,
      question,
      { ...reply, reactions: [{ emoji: "❤️", users: ["usr_jun"] }] },
      quoting,
      edited,
      gone,
      calling,
      ...(queued ? [waiting, mine] : []),
    ].map((message) => (message === first ? { ...message, mentions: ["usr_me"] } : message)),
    {
      summary: summary("ses_team", "Where to launch", NOW, { role, participant_count: count }),
      participants: participants.map((each) => (each.user_id === "usr_me" ? { ...each, role } : each)),
      presence: present(participants, {
        usr_jun: { typing: wanted.has("typing") },
        usr_long: { typing: wanted.get("typing") === "2" },
      }),
      invitations: [
        { user_id: "usr_sora", display_name: "Sora Lee", role: "viewer", by: JUN, at: NOW - 3 * MINUTE },
      ],
      readTo: wanted.has("unread") ? edited.message_id : calling.message_id,
      budget: wanted.has("budget") ? { micro_usd: 2_000_000, period: "day" } : undefined,
      spent: wanted.has("budget")
        ? { tokens: 81_200, micro_usd: wanted.get("budget") === "spent" ? 2_010_000 : 1_720_000 }
        : undefined,
      queued: queued
        ? [
            { turn_id: "trn_1", prompt_id: waiting.message_id, position: 1 },
            { turn_id: "trn_2", prompt_id: mine.message_id, position: 2 },
          ]
        : [],
    },
  );
}
