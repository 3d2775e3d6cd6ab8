import type { Invited, Message, SessionSummary } from "@madang/protocol";
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import { answer, JUN, ME, MINUTE, NOW, say, summary } from "../dev/make.js";
import { startLanguage } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { showContent, switchNotifications } from "../src/shell/notifications.js";
import Teller from "../src/shell/Teller.js";
import { newsOf } from "../src/shell/telling.js";

interface Shown {
  title: string;
  body: string;
  tag: string;
  onclick: (() => void) | null;
}
let shown: Shown[] = [];
let visibility = "hidden";

beforeEach(async () => {
  vi.useFakeTimers();
  shown = [];
  visibility = "hidden";
  class Fake {
    static permission = "granted";
    static requestPermission = async () => "granted";
    onclick = null;
    constructor(title: string, { body, tag }: { body: string; tag: string }) {
      shown.push(Object.assign(this, { title, body, tag }));
    }
    close() {}
  }
  vi.stubGlobal("Notification", Fake);
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility as "hidden");
  await startLanguage("en");
  await switchNotifications(true);
  showContent(true);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  history.replaceState(null, "", "/");
});

const QUIET = summary("ses_tea", "Tea", NOW - MINUTE);
const named = (text: string, at = NOW): Message => ({ ...say(JUN, text, at), mentions: [ME.user_id] });

/** A page beside which the list changes as told; gives what was asked of the server. */
async function watch(newest: readonly Message[], invited: Invited[] = []) {
  const backend = fixtureBackend(new URLSearchParams());
  const asked: string[] = [];
  const actions = new Proxy(backend.actions, {
    get: (from, name) =>
      name === "newest"
        ? async (id: string) => {
            asked.push(id);
            return newest;
          }
        : Reflect.get(from, name),
  });
  const page = (sessions: SessionSummary[], offers: Invited[]) => (
    <BackendContext
      value={{
        ...backend,
        actions,
        useSessions: () => ({ state: "here", sessions, hasMore: false }),
        useInvited: () => offers,
      }}
    >
      <Teller />
    </BackendContext>
  );
  const { rerender } = await act(async () => render(page([QUIET], invited)));
  return {
    asked,
    change: async (line: Partial<SessionSummary>, offers = invited) => {
      await act(async () => rerender(page([{ ...QUIET, ...line }], offers)));
      await act(() => vi.advanceTimersByTimeAsync(1000));
    },
  };
}

describe("what is told while nobody looks", () => {
  it("is a mention in any session, one per session, and a press leads to the message", async () => {
    const message = named("**Minji**, look at this");
    const { asked, change } = await watch([message]);
    await change({ unread: 1, last_activity: NOW });
    expect(asked).toEqual(["ses_tea"]);
    expect(shown).toHaveLength(1);
    const [note] = shown;
    expect(note?.title).toBe(`${JUN.display_name} mentioned you in “Tea”`);
    expect(note?.body).toBe("Minji, look at this");
    expect(note?.tag).toBe("ses_tea");
    note?.onclick?.();
    expect(location.pathname + location.hash).toBe(`/s/ses_tea#${message.message_id}`);
  });

  it("says nothing of the content where one chose so", async () => {
    showContent(false);
    const { change } = await watch([named("a secret")]);
    await change({ unread: 1, last_activity: NOW });
    expect(shown.map(({ title, body }) => [title, body])).toEqual([["Madang", "Somebody mentioned you."]]);
  });

  it("is nothing, and nothing is asked, while the page is seen or when nothing is new", async () => {
    const { asked, change } = await watch([named("look")]);
    await change({ title: "Green tea" });
    visibility = "visible";
    await change({ unread: 1, last_activity: NOW });
    expect(asked).toEqual([]);
    expect(shown).toEqual([]);
  });

  it("is an invitation, once", async () => {
    const offer: Invited = { session_id: "ses_new", title: "Launch", role: "viewer", by: JUN };
    const { change } = await watch([]);
    await change({}, [offer]);
    await change({ unread: 0 }, [offer]);
    expect(shown.map(({ body }) => body)).toEqual([`${JUN.display_name} invites you to “Launch”.`]);
  });
});

describe("what concerns one", () => {
  const prompt = say(ME, "Why?", NOW - 2 * MINUTE);
  const reply = (status: "complete" | "cancelled" | "error", ended_at = NOW): Message => {
    const made = answer("Because.", NOW - MINUTE);
    return {
      ...made,
      parent_id: prompt.message_id,
      reply: { parts: [], model: "m", simulated: false, status, ended_at },
    };
  };
  const kind = (messages: Message[]) => newsOf(messages, ME.user_id, NOW - MINUTE)?.kind;

  it("is the end of a reply that one asked for, and how it ended", () => {
    expect(kind([prompt, reply("complete")])).toBe("replied");
    expect(kind([prompt, reply("error")])).toBe("failed");
    expect(kind([prompt, reply("cancelled")])).toBeUndefined();
    expect(kind([prompt, reply("complete", NOW - 3 * MINUTE)])).toBeUndefined();
    expect(kind([{ ...prompt, author: JUN }, reply("complete")])).toBeUndefined();
  });

  it("is a mention by somebody else that came after, and is still there", () => {
    expect(kind([named("now")])).toBe("mention");
    expect(kind([named("before", NOW - 2 * MINUTE)])).toBeUndefined();
    expect(kind([{ ...named("me"), author: ME }])).toBeUndefined();
    expect(kind([{ ...named("gone"), deleted_at: NOW }])).toBeUndefined();
    expect(kind([say(JUN, "about others", NOW)])).toBeUndefined();
  });
});
