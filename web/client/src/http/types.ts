import type { Author, Budget, Invite, Role, SessionStatus, Spent, UnixMs } from "@madang/protocol";

/** What a credential reaches: reading; what one may do in sessions; all, the account and the server too. */
export type Scope = "read" | "write" | "full";
/** Who may sign up: nobody, who has a link, anyone. */
export type SignUpPolicy = "closed" | "invite" | "open";

/** What a server says of itself to anyone. */
export interface Site {
  readonly version: string;
  /** Whether one may come in without an account. */
  readonly guests: boolean;
  readonly sign_up: SignUpPolicy;
  /** Whether there is no administrator yet. */
  readonly bootstrap: boolean;
  /** Identity providers that one can sign in with. */
  readonly oidc: readonly { readonly id: string; readonly name: string }[];
  /** Whether the simulated model answers. */
  readonly simulated: boolean;
}

/** Oneself. */
export interface Me {
  readonly user_id: string;
  /** The login name; null for a guest, and for whom an embedding application or an identity provider vouches. */
  readonly name: string | null;
  readonly display_name: string;
  /** A CSS colour. */
  readonly color: string;
  /** `en`, `ko`; null while none is chosen. */
  readonly language: string | null;
  readonly guest: boolean;
  readonly admin: boolean;
  readonly scope: Scope;
}

/** A colour that one can choose, by its place in the palette; empty: as follows from one's id. */
export type ColorChoice = "" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8";

/** What one may change of oneself; what is left out stays. */
export interface MeChange {
  readonly display_name?: string;
  readonly color?: ColorChoice;
  readonly language?: string;
}

/** What a sign-up takes. A guest keeps their id, and with it their sessions. */
export interface SignUp {
  readonly name: string;
  readonly password: string;
  readonly display_name: string;
  /** The code of an invite link, where sign-up is by invitation. */
  readonly code?: string;
  readonly language?: string;
}

/** What makes the first administrator. */
export interface Bootstrap {
  /** The secret of the one-use link that the server printed. */
  readonly token: string;
  readonly name: string;
  readonly password: string;
  readonly display_name: string;
}

/** One browser in which one is signed in. */
export interface Login {
  readonly login_id: string;
  readonly created_at: UnixMs;
  readonly seen_at: UnixMs;
  /** What the browser said it is: text from outside. */
  readonly agent: string;
  readonly address: string;
  /** Whether it is this one. */
  readonly current: boolean;
}

/** Who vouches for an identity: an identity provider, an embedding application, an issuer that is configured no more. */
export type IssuerKind = "provider" | "embedder" | "gone";

/** An identity elsewhere that is linked to one's account. */
export interface LinkedIdentity {
  readonly identity_id: string;
  readonly kind: IssuerKind;
  /** The issuer's short name here, as in `Site.oidc`; null for one that is gone. */
  readonly issuer_id: string | null;
  /** The issuer's name as people know it. */
  readonly issuer_name: string;
  readonly issuer: string;
  /** The issuer's name for the person: text from outside. */
  readonly subject: string;
  /** False for the last way in. */
  readonly removable: boolean;
}

/** The identities elsewhere of one's account. */
export interface LinkedIdentities {
  readonly identities: readonly LinkedIdentity[];
  /** Whether one can sign in with a password as well. */
  readonly password: boolean;
}

/** A personal token, without its secret. */
export interface ApiToken {
  readonly token_id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly created_at: UnixMs;
  readonly expires_at: UnixMs;
  readonly used_at: UnixMs | null;
}

/** A new token, with its secret, which is shown this once. */
export interface NewApiToken extends ApiToken {
  readonly token: string;
}

/** What a personal token is made with. */
export interface TokenWish {
  readonly name: string;
  readonly scope: Scope;
  /** 1 to 365. */
  readonly expires_in_days: number;
}

/** What an invite link lets one into. */
export interface InviteLook {
  /** Null for a link that only lets people sign up. */
  readonly session_id: string | null;
  readonly title: string;
  readonly role: Role;
  /** Who made it. */
  readonly by: Author;
  /** Whether one may sign up with it. */
  readonly sign_up: boolean;
  readonly expires_at: UnixMs;
  /** Whether one belongs to the session already. */
  readonly member: boolean;
}

/** A session that an import made. */
export interface ImportedSession {
  readonly session_id: string;
  readonly title: string;
  readonly messages: number;
}

/** What an import made, and what it left out. */
export interface Imported {
  readonly sessions: readonly ImportedSession[];
  /** Conversations that could not be read. */
  readonly skipped: number;
}

/** An account, as an administrator sees it. */
export interface User {
  readonly user_id: string;
  readonly name: string | null;
  readonly display_name: string;
  readonly admin: boolean;
  readonly disabled_at: UnixMs | null;
  readonly created_at: UnixMs;
}

/** What an account is made with. Without a password, one is generated. */
export interface NewUser {
  readonly name: string;
  readonly display_name: string;
  readonly admin?: boolean;
  readonly password?: string;
}

/** What an administrator may change of an account. */
export interface UserChange {
  readonly admin?: boolean;
  readonly disabled?: boolean;
  readonly display_name?: string;
}

/** Which page of a list, and how long. */
export interface Page {
  readonly query?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** An invite link as an administrator sees it: one that only lets people sign up; its role means nothing. */
export interface SignUpInvite extends Invite {
  readonly sign_up: boolean;
  readonly revoked_at: UnixMs | null;
}

/** A page of budgets beyond those of sessions: the server's, and of those people who have one. */
export interface Budgets {
  readonly server: Budget | null;
  /** What the server used in the present period of its budget; left out without one. */
  readonly server_used?: Spent;
  readonly items: readonly PersonBudget[];
  /** Left out on the last page. */
  readonly next_cursor?: string;
}

/** What a person may spend, and has spent. */
export interface PersonBudget {
  readonly user_id: string;
  /** The name to log in with; null for a guest. */
  readonly name: string | null;
  readonly display_name: string;
  readonly budget: Budget;
  /** In the present period of the budget. */
  readonly used: Spent;
}

/** A line of the audit log. */
export interface AuditRecord {
  readonly position: number;
  readonly at: UnixMs;
  readonly actor: string;
  readonly kind: string;
  readonly session: string | null;
  readonly target: string | null;
  readonly details: unknown;
  readonly address: string | null;
}

/** Whether the audit log is whole. */
export interface AuditVerdict {
  readonly whole: boolean;
  readonly lines?: number;
  readonly head?: string;
  /** The first line that is not as it was written. */
  readonly position?: number;
}

/** A session, as an administrator sees it: without content. */
export interface AdminSession {
  readonly session_id: string;
  readonly title: string;
  readonly status: SessionStatus;
  readonly created_at: UnixMs;
  readonly last_activity: UnixMs;
  readonly participant_count: number;
  readonly message_count: number;
  readonly present: number;
  readonly running: boolean;
}

/** By what usage is summed up. */
export type UsageBy = "day" | "user" | "session" | "model";

/** Which usage. */
export interface UsageQuery {
  readonly by: UsageBy;
  readonly from?: UnixMs | undefined;
  readonly to?: UnixMs | undefined;
  readonly limit?: number | undefined;
}

/** What was used, in one line of the sum. */
export interface UsageRow {
  readonly key: string;
  readonly label: string;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly tokens: number;
  readonly micro_usd: number;
}

/** How a model's upstream is. */
export interface ModelHealth {
  readonly model: string;
  readonly state: "ok" | "limited" | "broken";
  readonly [more: string]: unknown;
}

/** How the server is. */
export interface Health {
  readonly version: string;
  readonly started_at: UnixMs;
  readonly connections: number;
  readonly streams: number;
  readonly live_sessions: number;
  readonly running_turns: number;
  readonly waiting_turns: number;
  readonly simulated: boolean;
  /** Whether it is about to stop. */
  readonly draining: boolean;
  readonly store: { readonly healthy: boolean; readonly integrity: string };
  readonly warnings: readonly string[];
  readonly models: readonly ModelHealth[];
}

/** A live connection. */
export interface LiveConnection {
  readonly connection_id: string;
  readonly user_id: string;
  readonly display_name: string;
  readonly protocol: string;
  readonly since: UnixMs;
  readonly address: string;
}
