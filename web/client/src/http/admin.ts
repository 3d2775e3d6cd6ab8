import type { Budget } from "@madang/protocol";
import type { Requests } from "./request.js";
import type {
  AdminSession,
  AuditRecord,
  AuditVerdict,
  Budgets,
  Health,
  LiveConnection,
  NewUser,
  Page,
  SignUpInvite,
  UsageQuery,
  UsageRow,
  User,
  UserChange,
} from "./types.js";

/** What an administrator sees and does. Everyone else is told FORBIDDEN. */
export class AdminHttp {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Accounts whose names contain `query`. */
  users(page: Page = {}): Promise<{ readonly users: readonly User[]; readonly next?: string }> {
    return this.#requests.json("/admin/users", { query: { ...page } });
  }

  /** Makes an account; a generated password is in the answer, this once. */
  createUser(user: NewUser): Promise<{ readonly user: User; readonly password?: string }> {
    return this.#requests.json("/admin/users", { method: "POST", body: user });
  }

  /** Changes an account; a disabled one is out everywhere at once. */
  updateUser(userId: string, change: UserChange): Promise<User> {
    return this.#requests.json(this.#user(userId), { method: "PATCH", body: change });
  }

  /** Gives an account a new password, which is in the answer, this once. */
  async resetPassword(userId: string): Promise<string> {
    const path = `${this.#user(userId)}/reset-password`;
    return (await this.#requests.json<{ password: string }>(path, { method: "POST" })).password;
  }

  /** Ends all logins of an account. */
  endLogins(userId: string): Promise<void> {
    return this.#requests.json(`${this.#user(userId)}/logins`, { method: "DELETE" });
  }

  /** The links that only let people sign up. */
  async invites(): Promise<readonly SignUpInvite[]> {
    return (await this.#requests.json<{ invites: SignUpInvite[] }>("/admin/invites")).invites;
  }

  /** Makes one; its code is in the answer, this once. */
  createInvite(
    wish: { readonly expires_in_ms?: number; readonly uses?: number } = {},
  ): Promise<{ readonly invite: SignUpInvite; readonly code: string }> {
    return this.#requests.json("/admin/invites", { method: "POST", body: wish });
  }

  /** Ends one. */
  revokeInvite(inviteId: string): Promise<void> {
    return this.#requests.json(`/admin/invites/${encodeURIComponent(inviteId)}`, { method: "DELETE" });
  }

  /** The budgets of the server and of those people who have one, page by page. */
  budgets(
    page: { readonly cursor?: string | undefined; readonly limit?: number | undefined } = {},
  ): Promise<Budgets> {
    return this.#requests.json("/admin/budgets", { query: { ...page } });
  }

  /** Limits what the whole server may spend; null takes the limit away. */
  setServerBudget(budget: Budget | null): Promise<void> {
    return this.#requests.json("/admin/budgets/server", { method: "PUT", body: { budget } });
  }

  /** Limits what a person may spend; null takes the limit away. */
  setUserBudget(userId: string, budget: Budget | null): Promise<void> {
    const path = `/admin/budgets/users/${encodeURIComponent(userId)}`;
    return this.#requests.json(path, { method: "PUT", body: { budget } });
  }

  /** The audit log, newest first, before a position. */
  async audit(
    page: { readonly before?: number; readonly limit?: number } = {},
  ): Promise<readonly AuditRecord[]> {
    return (await this.#requests.json<{ records: AuditRecord[] }>("/admin/audit", { query: page })).records;
  }

  /** Checks that nobody has changed the audit log. */
  verifyAudit(): Promise<AuditVerdict> {
    return this.#requests.json("/admin/audit/verify", { method: "POST" });
  }

  /** All sessions, without content. */
  sessions(page: Page = {}): Promise<{ readonly sessions: readonly AdminSession[]; readonly next?: string }> {
    return this.#requests.json("/admin/sessions", { query: { ...page } });
  }

  /** What was used, summed up. */
  async usage(query: UsageQuery): Promise<readonly UsageRow[]> {
    return (await this.#requests.json<{ rows: UsageRow[] }>("/admin/usage", { query: { ...query } })).rows;
  }

  /** How the server is. */
  health(): Promise<Health> {
    return this.#requests.json("/admin/health");
  }

  /** Live connections, and how many there are in all. */
  connections(limit?: number): Promise<{
    readonly connections: readonly LiveConnection[];
    readonly total: number;
  }> {
    return this.#requests.json("/admin/connections", { query: { limit } });
  }

  #user(userId: string): string {
    return `/admin/users/${encodeURIComponent(userId)}`;
  }
}
