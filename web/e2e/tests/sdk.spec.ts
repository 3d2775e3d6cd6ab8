/** The SDK in Node against the real server: several people in a session, accounts, and coming back. No browser. */
import { createClient, type MadangClient, type SessionStore } from "@madang/client";
import { createHttp, inviteCodeOf, inviteLink, type MadangHttp } from "@madang/client/http";
import { may, peopleOf, SearchStore } from "@madang/client/people";
import { expect, test } from "@playwright/test";
import WebSocket from "ws";
import { Server } from "../support/server.js";

/** A browser's part that matters here: one cookie, and the page's origin on everything. */
class Page {
  #cookie = "";
  readonly client: MadangClient;
  readonly http: MadangHttp;

  /** With a token it is that token's person who sends; without, the cookie says who. */
  constructor(server: Server, token?: string) {
    const headers = () => ({ Origin: server.url, ...(this.#cookie ? { Cookie: this.#cookie } : {}) });
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: headers() });
      }
    }
    this.client = createClient({
      url: server.socketUrl,
      WebSocket: Socket,
      settings: { lingerMs: 50 },
      credentials: async () => (token === undefined ? null : { token }),
    });
    this.http = createHttp({
      url: server.url,
      fetch: async (url, init) => {
        const answer = await fetch(url as string, { ...init, headers: { ...init?.headers, ...headers() } });
        for (const line of answer.headers.getSetCookie()) {
          const [pair = ""] = line.split(";");
          this.#cookie = pair.endsWith("=") ? "" : pair;
        }
        return answer;
      },
      onIdentity: () => this.client.reauthenticate(),
    });
  }

  get status() {
    return this.client.connection.getSnapshot();
  }

  get id(): string {
    return this.client.server.getSnapshot()?.user_id ?? "";
  }

  async connected(): Promise<this> {
    this.client.connect();
    await expect.poll(() => this.status.status).toBe("connected");
    return this;
  }

  /** A session that is here and up to date. */
  async session(id: string): Promise<SessionStore> {
    const store = this.client.session(id);
    store.follow();
    await expect.poll(() => store.getSnapshot().status).toBe("live");
    return store;
  }
}

/** Someone who comes in without an account. */
async function guest(server: Server): Promise<Page> {
  const answer = await fetch(`${server.url}/api/v1/guests`, { method: "POST" });
  const { token } = (await answer.json()) as { token: string };
  return new Page(server, token).connected();
}

const textOf = (store: SessionStore) => store.getSnapshot().messages.map((message) => message.content);

test.describe("the SDK and the real server", () => {
  let server: Server;
  const pages: Page[] = [];
  const keep = (page: Page) => {
    pages.push(page);
    return page;
  };

  test.afterEach(async () => {
    for (const page of pages.splice(0)) page.client.close();
    await server.remove();
  });

  test("two people: a link, presence, typing, reactions, marks, edits, roles, removal", async () => {
    server = await Server.start();
    const [minji, jun] = [keep(await guest(server)), keep(await guest(server))];
    const id = await minji.client.createSession({ title: "Tea" });
    const hers = await minji.session(id);
    const people = peopleOf(minji.client, id);
    const { code } = await people.createInvite("collaborator", { uses: 1 });
    expect(await jun.client.join(inviteCodeOf(inviteLink(code, server.url)))).toBe(id);
    const his = await jun.session(id);
    const here = () => [...hers.getSnapshot().presence.keys()].sort();
    await expect.poll(here).toEqual([minji.id, jun.id].sort());
    his.setTyping(true);
    await expect.poll(() => hers.getSnapshot().typing).toEqual([jun.id]);
    await his.chat("Which tea for a rainy day?");
    await expect.poll(() => textOf(hers)).toEqual(["Which tea for a rainy day?"]);
    await expect.poll(() => hers.getSnapshot().typing).toEqual([]);
    await expect.poll(() => hers.getSnapshot().summary?.unread).toBe(1);
    hers.markRead();
    expect(hers.getSnapshot().summary?.unread).toBe(0);
    const message = hers.getSnapshot().messages[0]?.message_id ?? "";
    await hers.react(message, "👍");
    const reactions = () => his.getSnapshot().messages[0]?.reactions;
    await expect.poll(reactions).toEqual([{ emoji: "👍", users: [minji.id] }]);
    await his.editMessage(message, "Which tea for a snowy day?");
    await expect.poll(() => textOf(hers)).toEqual(["Which tea for a snowy day?"]);
    expect(await people.revisions(message)).toHaveLength(2);
    const search = new SearchStore(minji.client);
    search.find("snow");
    await expect.poll(() => search.getSnapshot().hits.map((hit) => hit.message_id)).toEqual([message]);
    await people.setRole(jun.id, "viewer", ["chat"]);
    const me = () => his.getSnapshot().participants.find((one) => one.user_id === jun.id);
    await expect.poll(() => [may(me(), "prompt"), may(me(), "chat")]).toEqual([false, true]);
    await expect(his.askClaude("Hello")).rejects.toMatchObject({ code: "FORBIDDEN" });
    await his.deleteMessage(message);
    await expect.poll(() => hers.getSnapshot().messages[0]?.deleted_at).toBeGreaterThan(0);
    await people.remove(jun.id);
    await expect.poll(() => his.getSnapshot().status, { timeout: 1_000 }).toBe("removed");
    expect(his.getSnapshot().removedBy?.user_id).toBe(minji.id);
    await expect(his.chat("still here?")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await people.invite(jun.id, "viewer");
    await expect.poll(() => jun.client.invitations.getSnapshot().map((one) => one.session_id)).toEqual([id]);
    await jun.client.join(id);
    await expect.poll(() => his.getSnapshot().status).toBe("live");
    expect(jun.client.invitations.getSnapshot()).toEqual([]);
    expect([minji.client.stats.garbage, minji.client.stats.gaps, minji.client.stats.textMismatches]).toEqual([
      0, 0, 0,
    ]);
  });

  test("who comes back sees who is here now, and the reply whole", async () => {
    server = await Server.start();
    const [minji, jun] = [keep(await guest(server)), keep(await guest(server))];
    const id = await minji.client.createSession({ title: "Tea" });
    const hers = await minji.session(id);
    const { code } = await peopleOf(minji.client, id).createInvite("collaborator");
    await jun.client.join(code);
    const his = await jun.session(id);
    await expect.poll(() => hers.getSnapshot().presence.size).toBe(2);
    await hers.askClaude("Tell me about tea.");
    minji.client.reauthenticate();
    his.leavePresence();
    await expect.poll(() => hers.getSnapshot().messages.at(-1)?.reply?.status).toBe("complete");
    await expect.poll(() => [...hers.getSnapshot().presence.keys()]).toEqual([minji.id]);
    expect(minji.client.stats.textMismatches).toBe(0);
    const { spent } = hers.getSnapshot();
    expect(spent.tokens).toBeGreaterThan(0);
    expect((await peopleOf(jun.client, id).summarize()).simulated).toBe(true);
    await server.kill();
    await server.up();
    await expect.poll(() => hers.getSnapshot().status, { timeout: 30_000 }).toBe("live");
    expect(hers.getSnapshot().messages).toHaveLength(2);
  });

  test("accounts: the first administrator, a login, a token, being signed out", async () => {
    server = await Server.start({ guests: false });
    const admin = keep(new Page(server));
    expect(await admin.http.me()).toBeNull();
    const token = inviteCodeOf(server.bootstrapLink());
    const password = "courtyard lantern 42";
    const first = { token, name: "minji", password, display_name: "Minji" };
    expect(await admin.http.bootstrap(first)).toMatchObject({ name: "minji", admin: true });
    await expect(admin.http.bootstrap(first)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await admin.connected();
    const made = await admin.http.admin.createUser({ name: "jun", display_name: "Jun" });
    const jun = keep(new Page(server));
    await expect(jun.http.login("jun", "wrong")).rejects.toMatchObject({ code: "INVALID_AUTH" });
    await jun.http.login("jun", made.password ?? "");
    await jun.connected();
    expect((await jun.http.logins()).map((login) => login.current)).toEqual([true]);
    await expect(jun.http.admin.users()).rejects.toMatchObject({ code: "FORBIDDEN" });
    const personal = await jun.http.createToken({ name: "ci", scope: "read", expires_in_days: 1 });
    const bearer = createHttp({ url: server.url, token: async () => personal.token });
    expect(await bearer.me()).toMatchObject({ user_id: jun.id, scope: "read" });
    const id = await admin.client.createSession({ title: "Shared" });
    await peopleOf(admin.client, id).invite("jun", "collaborator");
    await expect.poll(() => jun.client.invitations.getSnapshot()).toHaveLength(1);
    await admin.http.admin.resetPassword(jun.id);
    await expect.poll(() => jun.status, { timeout: 1_000 }).toMatchObject({ key: "signed_out" });
    expect(await bearer.me()).toBeNull();
    await admin.http.logout();
    expect(await admin.http.me()).toBeNull();
  });
});
