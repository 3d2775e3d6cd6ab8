import type { Invited, SessionSummary } from "@madang/protocol";
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import { JUN, MINUTE, NOW, summary } from "../dev/make.js";
import { startLanguage } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { showContent, switchNotifications } from "../src/shell/notifications.js";
import Teller from "../src/shell/Teller.js";

interface Shown {
  title: string;
  body: string;
  tag: string;
  onclick: (() => void) | null;
}
let shown: Shown[] = [];
let visibility = "hidden";

beforeEach(async () => {
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
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  history.replaceState(null, "", "/");
});

const QUIET = summary("ses_tea", "Tea", NOW - MINUTE);

/** A page beside which the list changes as told. */
async function watch(invited: Invited[] = []) {
  const backend = fixtureBackend(new URLSearchParams());
  const page = (sessions: SessionSummary[], offers: Invited[]) => (
    <BackendContext
      value={{
        ...backend,
        useSessions: () => ({ state: "here", sessions, hasMore: false }),
        useInvited: () => offers,
      }}
    >
      <Teller />
    </BackendContext>
  );
  const { rerender } = await act(async () => render(page([QUIET], invited)));
  return {
    change: async (line: Partial<SessionSummary>, offers = invited) => {
      await act(async () => rerender(page([{ ...QUIET, ...line }], offers)));
    },
    list: async (...lines: SessionSummary[]) => {
      await act(async () => rerender(page(lines, invited)));
    },
  };
}

describe("what is told while nobody looks", () => {
  it("is what concerns one in any session, and a press leads there", async () => {
    const { change } = await watch();
    await change({ unread: 3, unread_mentions: 1, last_activity: NOW });
    expect(shown).toHaveLength(1);
    const [note] = shown;
    expect([note?.title, note?.body, note?.tag]).toEqual(["Tea", "1 new message for you", "ses_tea"]);
    note?.onclick?.();
    expect(location.pathname).toBe("/s/ses_tea");
  });

  it("is nothing for what others say to each other, nor for what was read elsewhere", async () => {
    const { change } = await watch();
    await change({ unread: 3, last_activity: NOW });
    await change({ unread: 4, unread_mentions: 2, last_activity: NOW + 1 });
    await change({ unread: 1, unread_mentions: 1, last_activity: NOW + 1 });
    await change({ title: "Green tea", unread: 1, unread_mentions: 1 });
    expect(shown.map(({ body }) => body)).toEqual(["2 new messages for you"]);
  });

  it("is also a session that the list had not come to, but no older page of it", async () => {
    const { list } = await watch();
    const older = summary("ses_old", "Old", NOW - 9 * MINUTE, { unread: 2, unread_mentions: 2 });
    await list(QUIET, older);
    expect(shown).toEqual([]);
    await list(summary("ses_far", "Far", NOW, { unread: 1, unread_mentions: 1 }), QUIET, older);
    expect(shown.map(({ title }) => title)).toEqual(["Far"]);
  });

  it("says nothing of where where one chose so", async () => {
    showContent(false);
    const { change } = await watch();
    await change({ unread: 1, unread_mentions: 1, last_activity: NOW });
    expect(shown.map(({ title, body }) => [title, body])).toEqual([
      ["Madang", "There is something new for you."],
    ]);
  });

  it("is nothing while the page is seen", async () => {
    const { change } = await watch();
    visibility = "visible";
    await change({ unread: 1, unread_mentions: 1, last_activity: NOW });
    expect(shown).toEqual([]);
  });

  it("is an invitation, once", async () => {
    const offer: Invited = { session_id: "ses_new", title: "Launch", role: "viewer", by: JUN };
    const { change } = await watch();
    await change({}, [offer]);
    await change({ unread: 0 }, [offer]);
    expect(shown.map(({ body }) => body)).toEqual([`${JUN.display_name} invites you to “Launch”.`]);
  });
});
