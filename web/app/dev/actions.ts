/** What the invented server answers; everything else succeeds with nothing. */
import type { Actions } from "../src/session/types.js";
import { JUN, ME, MINUTE, NOW } from "./make.js";
import { SESSIONS } from "./sessions.js";

const DAY = 24 * 60 * MINUTE;

export function answersOf(wanted: URLSearchParams): Partial<Actions> {
  const refused = wanted.get("refuse");
  const or = <T>(value: T) =>
    refused
      ? Promise.reject({ code: refused, message: "", retryAfter: 3000 })
      : new Promise<T>((done) => setTimeout(() => done(value), Number(wanted.get("slow")) || 0));
  return {
    createSession: () => or("ses_stream"),
    forkSession: () => or("ses_stream"),
    joinSession: () => or("ses_team"),
    createInvite: (_, { role, uses, expiresInMs }) =>
      or({
        invite: {
          invite_id: "inv_3",
          role,
          by: ME.user_id,
          created_at: NOW,
          expires_at: NOW + expiresInMs,
          uses_left: uses,
        },
        code: "inv_q7Zk1c0vJrT2nXw9aB4sLmPe",
      }),
    listInvites: () =>
      or([
        {
          invite_id: "inv_1",
          role: "collaborator",
          by: ME.user_id,
          created_at: NOW - DAY,
          expires_at: NOW + 6 * DAY,
          uses_left: 9,
        },
        {
          invite_id: "inv_2",
          role: "viewer",
          by: JUN.user_id,
          created_at: NOW - DAY,
          expires_at: NOW + DAY / 8,
          uses_left: 1,
        },
      ]),
    revisions: () =>
      or([
        { content: "One week then.", at: NOW - 29 * MINUTE },
        { content: "Two weeks then. @박준 can you book the room?", at: NOW - 28 * MINUTE },
      ]),
    summarize: (sessionId) =>
      or({
        session_id: sessionId,
        from: "msg_1",
        to: "msg_2",
        content:
          "**박준** booked the room on the third floor and asks you to confirm. Nothing else was decided.",
        simulated: wanted.has("simulated"),
      }),
    search: (query) => or({ hits: query.trim() ? hitsFor(query.trim()) : [] }),
  };
}

function hitsFor(query: string) {
  return Object.entries(SESSIONS)
    .flatMap(([session_id, session]) =>
      session.messages
        .filter((message) => message.content.toLowerCase().includes(query.toLowerCase()))
        .slice(0, 3)
        .map((message) => {
          const at = message.content.toLowerCase().indexOf(query.toLowerCase());
          const words = message.content;
          const snippet = `${words.slice(Math.max(0, at - 40), at)}\uE000${words.slice(at, at + query.length)}\uE001${words.slice(at + query.length, at + 60)}`;
          return {
            session_id,
            title: session.summary?.title || session_id.slice(4),
            message_id: message.message_id,
            author: message.author,
            created_at: message.created_at,
            snippet,
          };
        }),
    )
    .slice(0, 20);
}
