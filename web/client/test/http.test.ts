import { describe, expect, it, vi } from "vitest";
import { createHttp, type HttpOptions, inviteCodeOf, inviteLink, MadangError } from "../src/http.js";

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** The HTTP side of a server that answers every request with this. */
function serving(answer: () => Response | Promise<Response>, options: Partial<HttpOptions> = {}) {
  const asked: Asked[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}) => {
    asked.push({
      method: init.method ?? "GET",
      url: String(url),
      body: typeof init.body === "string" ? JSON.parse(init.body) : (init.body ?? undefined),
      headers: init.headers as Record<string, string>,
    });
    return answer();
  };
  const http = createHttp({ url: "https://here.test", fetch: fetch as typeof globalThis.fetch, ...options });
  const last = () => asked.at(-1);
  return { http, asked, last };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const nothing = () => new Response(null, { status: 204 });
const problem = (code: string, status: number, more: object = {}) =>
  json(
    { type: "about:blank", title: code, status, code, detail: "A sentence.", recoverable: true, ...more },
    status,
  );

type Http = ReturnType<typeof createHttp>;
const ROUTES: readonly [string, (http: Http) => Promise<unknown>, unknown?][] = [
  ["GET /site", (http) => http.site()],
  ["GET /me", (http) => http.me()],
  ["PATCH /me", (http) => http.updateMe({ color: "3" }), { color: "3" }],
  ["POST /login", (http) => http.login("minji", "pw"), { name: "minji", password: "pw" }],
  ["POST /logout", (http) => http.logout()],
  [
    "POST /sign-up",
    (http) => http.signUp({ name: "n", password: "p", display_name: "N", code: "c" }),
    { name: "n", password: "p", display_name: "N", code: "c" },
  ],
  [
    "POST /bootstrap",
    (http) => http.bootstrap({ token: "t", name: "n", password: "p", display_name: "N" }),
    { token: "t", name: "n", password: "p", display_name: "N" },
  ],
  ["POST /me/password", (http) => http.changePassword({ old: "a", new: "b" }), { old: "a", new: "b" }],
  ["GET /me/logins", (http) => http.logins()],
  ["DELETE /me/logins/lgn_1", (http) => http.endLogin("lgn_1")],
  ["DELETE /me/logins", (http) => http.endLogins()],
  ["DELETE /me/logins?all=true", (http) => http.endLogins("all")],
  ["GET /me/tokens", (http) => http.tokens()],
  [
    "POST /me/tokens",
    (http) => http.createToken({ name: "n", scope: "read", expires_in_days: 30 }),
    { name: "n", scope: "read", expires_in_days: 30 },
  ],
  ["DELETE /me/tokens/tok_1", (http) => http.revokeToken("tok_1")],
  ["POST /oidc/corp/link", (http) => http.oidcLink("corp")],
  ["POST /invites/look", (http) => http.lookInvite("code"), { code: "code" }],
  ["GET /sessions/ses_1/export?format=markdown", (http) => http.exportSession("ses_1", "markdown")],
  ["POST /sessions/import", (http) => http.importSessions('{"a":1}'), { a: 1 }],
  ["GET /admin/users?query=mi&limit=5", (http) => http.admin.users({ query: "mi", limit: 5 })],
  ["GET /admin/users", (http) => http.admin.users({ query: "", cursor: undefined })],
  [
    "POST /admin/users",
    (http) => http.admin.createUser({ name: "n", display_name: "N" }),
    { name: "n", display_name: "N" },
  ],
  [
    "PATCH /admin/users/usr_1",
    (http) => http.admin.updateUser("usr_1", { disabled: true }),
    { disabled: true },
  ],
  ["POST /admin/users/usr_1/reset-password", (http) => http.admin.resetPassword("usr_1")],
  ["DELETE /admin/users/usr_1/logins", (http) => http.admin.endLogins("usr_1")],
  ["GET /admin/invites", (http) => http.admin.invites()],
  ["POST /admin/invites", (http) => http.admin.createInvite({ uses: 3 }), { uses: 3 }],
  ["DELETE /admin/invites/inv_1", (http) => http.admin.revokeInvite("inv_1")],
  ["GET /admin/budgets", (http) => http.admin.budgets()],
  ["GET /admin/budgets?cursor=c&limit=7", (http) => http.admin.budgets({ cursor: "c", limit: 7 })],
  ["PUT /admin/budgets/server", (http) => http.admin.setServerBudget(null), { budget: null }],
  [
    "PUT /admin/budgets/users/usr_1",
    (http) => http.admin.setUserBudget("usr_1", { tokens: 5, period: "day" }),
    { budget: { tokens: 5, period: "day" } },
  ],
  ["GET /admin/audit?before=9&limit=5", (http) => http.admin.audit({ before: 9, limit: 5 })],
  ["POST /admin/audit/verify", (http) => http.admin.verifyAudit()],
  ["GET /admin/sessions?cursor=c", (http) => http.admin.sessions({ cursor: "c" })],
  ["GET /admin/usage?by=day&from=1&to=2", (http) => http.admin.usage({ by: "day", from: 1, to: 2 })],
  ["GET /admin/health", (http) => http.admin.health()],
  ["GET /admin/connections?limit=7", (http) => http.admin.connections(7)],
];

describe("the HTTP side", () => {
  it.each(ROUTES)("ht1_%s", async (route, call, body) => {
    const { http, last } = serving(() => json({}));
    await call(http);
    const { method, url, body: sent } = last() as Asked;
    expect(`${method} ${url}`).toBe(route.replace(" ", " https://here.test/api/v1"));
    expect(sent).toEqual(body);
  });

  it("ht1_an_id_can_not_be_a_path", async () => {
    const { http, last } = serving(nothing);
    await http.endLogin("../tokens/x?y");
    expect(last()?.url).toBe("https://here.test/api/v1/me/logins/..%2Ftokens%2Fx%3Fy");
  });

  it("cn1_a_token_goes_into_a_header_and_a_secret_never_into_an_address", async () => {
    const { http, asked } = serving(() => json({}), { token: async () => "mdg_secret" });
    for (const [, call] of ROUTES) await call(http);
    expect(asked.every((one) => one.headers["Authorization"] === "Bearer mdg_secret")).toBe(true);
    expect(asked.some((one) => /secret|pw|password=|code/.test(one.url))).toBe(false);
  });

  it("cn1_becoming_someone_else_is_told_once_and_only_when_it_happened", async () => {
    let status = 200;
    const onIdentity = vi.fn();
    const { http } = serving(() => (status === 200 ? json({}) : problem("INVALID_AUTH", status)), {
      onIdentity,
    });
    await http.login("a", "b");
    await http.logout();
    await http.signUp({ name: "n", password: "p", display_name: "N" });
    await http.bootstrap({ token: "t", name: "n", password: "p", display_name: "N" });
    await http.endLogins("all");
    expect(onIdentity.mock.calls).toEqual([[{}], [null], [{}], [{}], [null]]);
    await http.endLogins();
    await http.me();
    status = 401;
    await expect(http.login("a", "b")).rejects.toMatchObject({ code: "INVALID_AUTH" });
    expect(onIdentity).toHaveBeenCalledTimes(5);
  });

  it("ht3_who_is_nobody_is_told_by_null", async () => {
    const { http } = serving(() => problem("INVALID_AUTH", 401));
    expect(await http.me()).toBeNull();
    await expect(http.logins()).rejects.toMatchObject({ code: "INVALID_AUTH" });
  });

  it("se5_a_code_that_lets_nobody_in_is_told_by_null", async () => {
    expect(await serving(() => problem("NOT_FOUND", 404)).http.lookInvite("x")).toBeNull();
    const look = serving(() => problem("RATE_LIMITED", 429)).http.lookInvite("x");
    await expect(look).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  it("exports_stream_and_have_an_address", async () => {
    const { http } = serving(() => new Response("# Tea"));
    expect(http.exportUrl("ses_1", "json")).toBe(
      "https://here.test/api/v1/sessions/ses_1/export?format=json",
    );
    expect(await new Response(await http.exportSession("ses_1", "markdown")).text()).toBe("# Tea");
  });

  it("oidc_begins_at_an_address", () => {
    const { http } = serving(nothing);
    expect(http.oidcStart("corp", "/s/ses_1")).toBe(
      "https://here.test/api/v1/oidc/corp/start?return_to=%2Fs%2Fses_1",
    );
  });
});

describe("refusals", () => {
  const failure = async (answer: () => Response | Promise<Response>) => {
    const error = await serving(answer)
      .http.site()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MadangError);
    const { code, message, retryAfter, recoverable, details } = error as MadangError;
    return { code, message, retryAfter, recoverable, details };
  };

  it("ht3_have_the_code_the_sentence_and_the_time_of_the_problem", async () => {
    const more = { retry_after: 1_500, details: "name" };
    expect(await failure(() => problem("CONFLICT", 409, more))).toEqual({
      code: "CONFLICT",
      message: "A sentence.",
      retryAfter: 1_500,
      recoverable: true,
      details: "name",
    });
  });

  it("ht3_a_retry_after_header_counts_where_the_problem_says_nothing", async () => {
    const limited = () => json({ code: "RATE_LIMITED", detail: "Slower." }, 429, { "Retry-After": "30" });
    expect(await failure(limited)).toMatchObject({ code: "RATE_LIMITED", retryAfter: 30_000 });
  });

  it.each([
    [401, "INVALID_AUTH", false],
    [403, "FORBIDDEN", false],
    [404, "NOT_FOUND", false],
    [413, "TOO_BIG", false],
    [429, "RATE_LIMITED", true],
    [418, "SERVICE_UNAVAILABLE", true],
    [502, "SERVICE_UNAVAILABLE", true],
  ])("ht3_http_%i_of_a_proxy_is_%s", async (status, code, recoverable) => {
    const proxy = () => new Response("<html>", { status });
    expect(await failure(proxy)).toMatchObject({ code, recoverable });
  });

  it.each([["null"], ["[]"], ['{"code":7}'], ['{"code":"FORBIDDEN","detail":{},"retry_after":"x"}']])(
    "ht3_nonsense_is_an_error_too: %s",
    async (body) => {
      expect(typeof (await failure(() => new Response(body, { status: 500 }))).message).toBe("string");
    },
  );

  it("ht3_no_network_and_a_broken_answer_are_lost_connections", async () => {
    expect(await failure(() => Promise.reject(new TypeError("fetch failed")))).toMatchObject({
      code: "CONNECTION_LOST",
      recoverable: true,
    });
    expect(await failure(() => new Response("{"))).toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("ht3_a_request_that_is_taken_back_says_so", async () => {
    const abort = new AbortController();
    const { http } = serving(() => {
      abort.abort();
      return Promise.reject(abort.signal.reason);
    });
    await expect(http.site(abort.signal)).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("invite links", () => {
  it("se5_carry_the_code_where_no_server_sees_it", () => {
    const link = inviteLink("a/b+c", "https://here.test");
    expect(link).toBe("https://here.test/join#a%2Fb%2Bc");
    expect(inviteCodeOf(link)).toBe("a/b+c");
    expect(inviteCodeOf(`  ${link}\n`)).toBe("a/b+c");
    expect(inviteCodeOf("abc")).toBe("abc");
    expect(inviteCodeOf("#%")).toBe("");
    expect(inviteCodeOf("")).toBe("");
  });
});
