import { cleanup } from "@testing-library/react";
import { memo, Profiler, type ReactNode, useEffect } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  created,
  event,
  ME,
  participant,
  prompt,
  SESSION,
  sessionState,
  summary,
} from "../../client/test/support/fixtures.js";
import { onFakeTime } from "../../client/test/support/harness.js";
import {
  useBudget,
  useInvitations,
  useInvites,
  useMay,
  useMembership,
  useParticipants,
  usePeople,
  usePresence,
  useSearch,
  useSend,
  useTyping,
  useUnread,
} from "../src/index.js";
import { type Mounted, mount } from "./support.js";

onFakeTime();
afterEach(cleanup);

const JUN = participant({ user_id: "usr_jun", display_name: "Jun", role: "viewer" });
const MINE = participant({ role: "collaborator", rights: ["stop"] });
const here = (user_id: string, typing = false) => ({ user_id, state: "here", devices: 1, typing }) as const;
const at = { session_id: SESSION };

/** The server sends a snapshot of `SESSION`. */
const state = ({ h, step }: Mounted, change: Parameters<typeof sessionState>[0]) =>
  step(() => h.socket().deliver(event("session_state", sessionState(change), at)));

function People(): ReactNode {
  const names = useParticipants(SESSION).map((one) => one.display_name);
  const present = [...usePresence(SESSION).values()].map((one) => `${one.user_id} ${one.state}`);
  return `${names} | ${present} | ${useTyping(SESSION)}`;
}

function Mine(): ReactNode {
  const rights = (["prompt", "stop", "invite"] as const).map(useMine);
  return `${useMembership(SESSION)?.role} ${rights}`;
}

function useMine(right: "prompt" | "stop" | "invite"): boolean {
  return useMay(SESSION, right);
}

function Offers(): ReactNode {
  return useInvitations().map((one) => one.title);
}

const marks: ReturnType<typeof useUnread>[] = [];

function Reader(): ReactNode {
  const unread = useUnread(SESSION);
  useEffect(() => {
    marks.push(unread);
  }, [unread]);
  return `${unread.count} ${unread.mentions} ${unread.readTo} ${unread.first}`;
}

function Purse(): ReactNode {
  const { budget, spent, setBudget } = useBudget(SESSION);
  const change = () => void setBudget({ tokens: 5, period: "day" }).catch(() => {});
  return (
    <button type="button" onClick={change}>
      {budget?.tokens} {spent.tokens}
    </button>
  );
}

function Search({ query }: { readonly query: string }): ReactNode {
  const { status, hits, hasMore, loadMore } = useSearch(query);
  return (
    <button type="button" onClick={loadMore}>
      {status} {hits.map((one) => one.message_id).join()} {String(hasMore)}
    </button>
  );
}

function Links(): ReactNode {
  const { status, invites, revoke } = useInvites(SESSION);
  return (
    <button type="button" onClick={() => void revoke("inv_a").catch(() => {})}>
      {status} {invites.map((one) => one.invite_id).join()}
    </button>
  );
}

const hands = new Set<unknown>();

function Hands(): ReactNode {
  const [people, send] = [usePeople(SESSION), useSend(SESSION)];
  useTyping(SESSION);
  useEffect(() => {
    hands.add(people).add(send);
  });
  return null;
}

const Typists = memo((): ReactNode => useTyping(SESSION));

describe("people of a session", () => {
  it("rs4_who_belongs_who_is_here_and_who_types", async () => {
    const m = await mount(<People />);
    await state(m, { participants: [MINE, JUN], presence: [here(ME.user_id), here("usr_jun")] });
    expect(m.text()).toBe(`Minji,Jun | ${ME.user_id} here,usr_jun here | `);
    const typing = event("presence_changed", { ...at, presence: here("usr_jun", true) }, at);
    await m.step(() => m.h.socket().deliver(typing));
    expect(m.text()).toContain("| usr_jun");
    const over = event("presence_changed", { ...at, presence: here("usr_jun") }, at);
    await m.step(() => m.h.socket().deliver(over));
    expect(m.text()).toMatch(/\| $/);
  });

  it("se7_what_one_may_follows_role_and_grants", async () => {
    const m = await mount(<Mine />);
    expect(m.text()).toBe("undefined false,false,false");
    await state(m, { participants: [MINE, JUN] });
    expect(m.text()).toBe("collaborator true,true,false");
    const changed = { ...at, user_id: ME.user_id, role: "viewer" as const, rights: [], by: ME };
    await m.step(() => m.h.socket().deliver(event("role_changed", changed, { ...at, seq: 2 })));
    expect(m.text()).toBe("viewer false,false,false");
  });

  it("rs4_presence_renders_nobody_who_only_shows_typing", async () => {
    let renders = 0;
    const m = await mount(
      <Profiler id="typists" onRender={() => renders++}>
        <Typists />
      </Profiler>,
    );
    await state(m, { presence: [here("usr_jun")] });
    const before = renders;
    const more = event("presence_changed", { ...at, presence: { ...here("usr_jun"), devices: 3 } }, at);
    await m.step(() => m.h.socket().deliver(more));
    expect(renders).toBe(before);
  });

  it("se7_invitations_are_offered", async () => {
    const m = await mount(<Offers />);
    const offer = { ...at, title: "Tea", role: "viewer", by: ME } as const;
    await m.step(() => m.h.socket().deliver(event("invited", offer)));
    expect(m.text()).toBe("Tea");
    await m.step(() => m.h.socket().deliver(event("session_changed", { summary: summary() })));
    expect(m.text()).toBe("");
  });

  it("se1_usePeople_and_useSend_stay_the_same", async () => {
    const m = await mount(<Hands />);
    await state(m, { presence: [here("usr_jun", true)] });
    const [people, send] = [...hands].slice(-2) as [ReturnType<typeof usePeople>, ReturnType<typeof useSend>];
    // Strict mode makes each of them twice at first.
    expect(hands.size).toBeLessThanOrEqual(4);
    send.setTyping(true);
    void people.leave().catch(() => {});
    const types = m.h
      .socket()
      .sent()
      .map((command) => command.type);
    expect(types.slice(-2)).toEqual(["set_typing", "leave_session"]);
  });
});

describe("reading on", () => {
  const jun = (id: string, parent: string | null, created_at: number) => ({
    ...prompt(id, parent),
    author: { user_id: "usr_jun", display_name: "Jun" },
    created_at,
  });

  it("se9_tells_how_many_the_first_of_others_and_moves_on", async () => {
    const m = await mount(<Reader />);
    expect(m.text()).toBe("0 0 null undefined");
    const messages = [jun("a", null, 1), { ...prompt("b", "a"), created_at: 2 }, jun("c", "b", 3)];
    await state(m, {
      messages,
      head: "c",
      read_to: "a",
      summary: summary({ unread: 2, unread_mentions: 1 }),
    });
    expect(m.text()).toBe("2 1 a c");
    await m.step(() => marks.at(-1)?.markRead());
    expect(m.text()).toBe("0 0 c undefined");
    const next = created(jun("d", "c", 4));
    await m.step(() => {
      m.h.socket().deliver(event("message_created", next, { ...at, seq: 2 }));
      m.h.socket().deliver(event("session_changed", { summary: summary({ unread: 1 }) }));
    });
    expect(m.text()).toBe("1 0 c d");
  });
});

describe("money, search, links", () => {
  it("se8_a_budget_is_shown_and_changed", async () => {
    const m = await mount(<Purse />);
    await state(m, { budget: { tokens: 9, period: "day" }, spent: { tokens: 4, micro_usd: 0 } });
    expect(m.text()).toBe("9 4");
    await m.step(() => document.querySelector("button")?.click());
    expect(m.h.socket().last("set_budget").data).toEqual({ ...at, budget: { tokens: 5, period: "day" } });
  });

  it("se9_a_search_follows_what_is_typed_and_ends_with_the_component", async () => {
    const m = await mount(<Search query="" />);
    expect(m.text()).toBe("idle  false");
    await m.step(() => m.rerender(<Search query="tea" />));
    await m.step(() => vi.advanceTimersByTimeAsync(150));
    const socket = m.h.socket();
    expect(socket.sent("search")).toHaveLength(1);
    const hit = { ...at, title: "", message_id: "msg_1", author: ME, created_at: 1, snippet: "" };
    const head = { correlation_id: socket.last("search").id };
    await m.step(() => socket.deliver(event("search_results", { hits: [hit], next: "more" }, head)));
    expect(m.text()).toBe("ready msg_1 true");
    await m.step(() => document.querySelector("button")?.click());
    expect(socket.last("search").data).toMatchObject({ cursor: "more" });
    await m.step(() => m.rerender(<Search query="teapot" />));
    m.unmount();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(socket.sent("search")).toHaveLength(2);
  });

  it("se5_links_are_asked_for_once_and_go_when_they_are_ended", async () => {
    const m = await mount(<Links />);
    const socket = m.h.socket();
    expect(socket.sent("list_invites")).toHaveLength(1);
    const link = {
      invite_id: "inv_a",
      role: "viewer",
      by: "u",
      created_at: 1,
      expires_at: 2,
      uses_left: 1,
    } as const;
    const head = { correlation_id: socket.last("list_invites").id };
    await m.step(() => socket.deliver(event("invites", { ...at, invites: [link] }, head)));
    expect(m.text()).toBe("ready inv_a");
    await m.step(() => document.querySelector("button")?.click());
    await m.step(() => socket.deliver(event("ack", {}, { correlation_id: socket.last("revoke_invite").id })));
    expect(m.text()).toBe("ready ");
  });
});
