/** An invented server's HTTP answers. */
import { AUDIT_KINDS, type AuditKind } from "@madang/protocol";
import type { Account, AdminHttp, Http, UsageBy, User } from "../src/account/types.js";
import { PALETTE } from "../src/ui/tone.js";
import { JUN, LONG, ME, MINUTE, NOW } from "./make.js";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AUDIT_DETAILS: Partial<Record<AuditKind, object>> = {
  "account.created": { by: "sign-up", invite: null },
  "account.changed": { fields: ["display_name", "color"] },
  "account.admin": { admin: true },
  "account.linked": { issuer: "https://id.example.com/realms/everyone-who-works-here" },
  "token.created": { scope: "write", days: 30, user: ME.user_id },
  "invite.created": { role: "collaborator", uses: 3, expires_at: NOW + DAY },
  "member.added": { role: "viewer", invite_id: "inv_01993c4be6a97d2e8a5b0c1d2e3f4a5b" },
  "role.changed": { role: "viewer", rights: ["prompt", "invite"] },
  "budget.set": { budget: { micro_usd: 5_000_000, tokens: 200_000, period: "day" } },
  refused: { what: "GET /api/v1/admin/users", times: 12 },
  tidied: { logins: 3, tokens: 1, invites: 0 },
};
const MADE = { by: ME.user_id, role: "viewer" as const, sign_up: true, revoked_at: null };

function account(wanted: URLSearchParams): Account {
  return {
    user_id: ME.user_id,
    name: wanted.has("guest") ? null : "minji",
    display_name: ME.display_name,
    color: PALETTE[0],
    language: null,
    guest: wanted.has("guest"),
    admin: !wanted.has("member"),
    scope: "full",
  };
}

const user = (
  who: { user_id: string; display_name: string },
  name: string,
  more: Partial<User> = {},
): User => ({
  ...who,
  name,
  admin: false,
  disabled_at: null,
  created_at: NOW - 90 * DAY,
  ...more,
});

const LABELS: Record<Exclude<UsageBy, "day">, string[]> = {
  user: [ME.display_name, JUN.display_name, LONG.display_name, "Sora Lee"],
  session: ["Where to launch", "Greeting in Korean", "A thousand messages"],
  model: ["claude-opus-5-1", "claude-sonnet-5"],
};

function usageRows(by: UsageBy, from: number, to: number) {
  const keys =
    by === "day"
      ? Array.from({ length: Math.round((to - from) / DAY) }, (_, at) =>
          new Date(from + at * DAY).toISOString().slice(0, 10),
        )
      : LABELS[by];
  return keys.map((key, at) => {
    const tokens = at % 7 === 5 ? 0 : Math.round((Math.sin(at * 1.7) + 1.3) * 84_000);
    return {
      key,
      label: key,
      requests: Math.round(tokens / 4_000),
      input_tokens: Math.round(tokens * 0.8),
      output_tokens: Math.round(tokens * 0.2),
      tokens,
      micro_usd: tokens * 9,
    };
  });
}

function admin(): AdminHttp {
  const users = [
    user(ME, "minji", { admin: true }),
    user(JUN, "jun"),
    user(LONG, "maximiliana-konstantina.von.wittelsbach"),
    user({ user_id: "usr_gone", display_name: "Former Colleague" }, "former", { disabled_at: NOW - 3 * DAY }),
  ];
  return {
    users: async (query) => ({
      users: users.filter((each) => each.display_name.toLowerCase().includes(query.toLowerCase())),
    }),
    createUser: async (wanted) => ({
      user: user({ user_id: "usr_new", display_name: wanted.display_name }, wanted.name),
      password: "quiet-river-4821-maple",
    }),
    updateUser: async () => user(JUN, "jun"),
    resetPassword: async () => "quiet-river-4821-maple",
    endLogins: async () => undefined,
    invites: async () => [
      { invite_id: "inv_9", ...MADE, created_at: NOW - DAY, expires_at: NOW + 6 * DAY, uses_left: 3 },
    ],
    createInvite: async ({ uses }) => ({
      invite: {
        invite_id: "inv_10",
        ...MADE,
        created_at: NOW,
        expires_at: NOW + 7 * DAY,
        uses_left: uses,
      },
      code: "inv_sgnQ8xk2LmT0vYbZ",
    }),
    revokeInvite: async () => undefined,
    sessions: async () => ({
      sessions: ["Where to launch", "Greeting in Korean", ""].map((title, at) => ({
        session_id: `ses_${at}`,
        title,
        status: at === 2 ? "closed" : "active",
        created_at: NOW - 9 * DAY,
        last_activity: NOW - at * HOUR,
        participant_count: 5 - at,
        message_count: 214 * (at + 1),
        present: 3 - at,
        running: at === 0,
      })),
    }),
    usage: async (by, from, to) => usageRows(by, from, to),
    health: async () => ({
      version: "0.2.0",
      started_at: NOW - 3 * DAY - 4 * HOUR,
      connections: 48,
      streams: 2,
      live_sessions: 12,
      running_turns: 3,
      waiting_turns: 1,
      simulated: false,
      draining: false,
      store: { healthy: true, integrity: "ok" },
      warnings: ["The disk has less than 10 % free space."],
      models: [
        { model: "claude-opus-5-1", state: "ok" },
        { model: "claude-sonnet-5", state: "limited" },
      ],
    }),
    connections: async () => ({
      connections: [ME, JUN, LONG].map((each, at) => ({
        ...each,
        connection_id: `con_${at}`,
        protocol: at === 1 ? "claude-websocket-v1" : "madang.v2.json",
        since: NOW - at * HOUR - 5 * MINUTE,
        address: `192.0.2.${at + 10}`,
      })),
      total: 48,
    }),
    audit: async () =>
      AUDIT_KINDS.map((kind, at) => ({
        position: 120 - at,
        at: NOW - at * 17 * MINUTE,
        actor: kind === "login.failed" || kind === "tidied" ? "server" : ME.user_id,
        kind,
        session: /^(member|role|session)/.test(kind) ? "ses_0" : null,
        target: /^(account|role|user)/.test(kind) ? JUN.user_id : null,
        details: AUDIT_DETAILS[kind] ?? null,
        address: kind === "tidied" ? null : "192.0.2.10",
      })),
    verifyAudit: async () => ({ whole: true, lines: 120 }),
    budgets: async () => ({
      server: { micro_usd: 50_000_000, period: "month" },
      server_used: { micro_usd: 18_400_000, tokens: 2_100_000 },
      items: [
        {
          user_id: JUN.user_id,
          name: "jun",
          display_name: JUN.display_name,
          budget: { micro_usd: 2_000_000, tokens: 400_000, period: "day" },
          used: { micro_usd: 1_720_000, tokens: 81_200 },
        },
        {
          user_id: LONG.user_id,
          name: "maximiliana-konstantina.von.wittelsbach",
          display_name: LONG.display_name,
          budget: { tokens: 50_000, period: "month" },
          used: { micro_usd: 610_000, tokens: 50_400 },
        },
      ],
    }),
    setServerBudget: async () => undefined,
    setUserBudget: async () => undefined,
  };
}

const LINKED = [
  ["provider", "corp", "Example Corp", "8f2c1a90-minji.kim@corp.example.com"],
  ["embedder", "planner", "planner", "minji"],
  ["gone", null, "https://old-login.example.org/realms/staff", "u-20417"],
] as const;

export function fixtureHttp(wanted: URLSearchParams): Http {
  const me = account(wanted);
  const refuse = wanted.get("refuse");
  const or = async <T>(value: T): Promise<T> => {
    if (refuse) throw { code: refuse, message: "", retryAfter: 5000 };
    return value;
  };
  return {
    site: async () => ({
      version: "0.2.0",
      guests: !wanted.has("closed"),
      sign_up: (wanted.get("signup") as "open" | null) ?? "invite",
      bootstrap: wanted.has("bootstrap"),
      oidc: wanted.has("oidc") ? [{ id: "corp", name: "Example Corp" }] : [],
      simulated: wanted.has("simulated"),
    }),
    me: async () => (wanted.has("nobody") ? null : me),
    updateMe: (change) => or({ ...me, ...change }),
    login: () => or(me),
    logout: () => or(undefined),
    signUp: () => or(me),
    bootstrap: () => or(me),
    changePassword: () => or(undefined),
    logins: () =>
      or([
        {
          login_id: "l1",
          created_at: NOW - DAY,
          seen_at: NOW,
          agent: "Chrome on Linux",
          address: "192.0.2.10",
          current: true,
        },
        {
          login_id: "l2",
          created_at: NOW - 9 * DAY,
          seen_at: NOW - 2 * HOUR,
          agent: "Safari on iPhone",
          address: "192.0.2.44",
          current: false,
        },
      ]),
    endLogin: () => or(undefined),
    endLogins: () => or(undefined),
    linkIdentity: () => or("/settings?linked=corp"),
    identities: () =>
      or({
        password: !wanted.has("only"),
        identities: wanted.has("linked")
          ? LINKED.slice(0, wanted.has("only") ? 1 : 3).map(([kind, issuer_id, issuer_name, subject]) => ({
              identity_id: subject,
              kind,
              issuer_id,
              issuer_name,
              issuer: "https://id.example.com",
              subject,
              removable: !wanted.has("only"),
            }))
          : [],
      }),
    unlinkIdentity: async () => {
      throw { code: "CONFLICT", message: "", retryAfter: undefined };
    },
    tokens: () =>
      or([
        {
          token_id: "t1",
          name: "Build machine",
          scope: "write",
          created_at: NOW - 9 * DAY,
          expires_at: NOW + 80 * DAY,
          used_at: NOW - HOUR,
        },
        {
          token_id: "t2",
          name: "Notebook",
          scope: "read",
          created_at: NOW - 30 * DAY,
          expires_at: NOW + 2 * DAY,
          used_at: null,
        },
      ]),
    createToken: (token) =>
      or({
        ...token,
        token_id: "t3",
        created_at: NOW,
        expires_at: NOW + token.expires_in_days * DAY,
        used_at: null,
        token: "mdg_9rXkq27aZ0cVtLwB4nEoP8sYhJ1uGfDi",
      }),
    revokeToken: () => or(undefined),
    lookInvite: (code) =>
      code === "GONE"
        ? or(null)
        : or({
            session_id: code === "SIGNUP" ? null : "ses_team",
            title: "Where to launch",
            role: "collaborator",
            by: JUN,
            sign_up: code !== "ROOM",
            expires_at: NOW + DAY,
            member: code === "MEMBER",
          }),
    importSessions: () =>
      or({ sessions: [{ session_id: "ses_team", title: "Imported one", messages: 12 }], skipped: 1 }),
    admin: admin(),
  };
}
