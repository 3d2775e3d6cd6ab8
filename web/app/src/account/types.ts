/** What the app asks for over HTTP: accounts, what an administrator sees, and sessions as files. */
import type {
  AdminSession,
  ApiToken,
  AuditRecord,
  AuditVerdict,
  Bootstrap,
  Budgets,
  Health,
  Imported,
  InviteLook,
  LinkedIdentities,
  LiveConnection,
  Login,
  Me,
  MeChange,
  NewApiToken,
  NewUser,
  SignUp,
  SignUpInvite,
  Site,
  TokenWish,
  UsageBy,
  UsageRow,
  User,
  UserChange,
} from "@madang/client/http";
import type { Budget, UnixMs } from "@madang/protocol";

export type {
  AdminSession,
  ApiToken,
  AuditRecord,
  AuditVerdict,
  Budgets,
  ColorChoice,
  Health,
  Imported,
  InviteLook,
  LinkedIdentities,
  LinkedIdentity,
  LiveConnection,
  Login,
  Me as Account,
  Scope,
  SignUpInvite,
  Site,
  UsageBy,
  UsageRow,
  User,
} from "@madang/client/http";

/** What an administrator may ask and do. */
export interface AdminHttp {
  users(query: string, cursor?: string): Promise<{ readonly users: readonly User[]; readonly next?: string }>;
  createUser(user: NewUser): Promise<{ readonly user: User; readonly password?: string }>;
  updateUser(userId: string, change: UserChange): Promise<User>;
  resetPassword(userId: string): Promise<string>;
  endLogins(userId: string): Promise<void>;
  invites(): Promise<readonly SignUpInvite[]>;
  createInvite(choice: { uses: number }): Promise<{ readonly invite: SignUpInvite; readonly code: string }>;
  revokeInvite(inviteId: string): Promise<void>;
  sessions(
    query: string,
    cursor?: string,
  ): Promise<{ readonly sessions: readonly AdminSession[]; readonly next?: string }>;
  usage(by: UsageBy, from: UnixMs, to: UnixMs): Promise<readonly UsageRow[]>;
  health(): Promise<Health>;
  connections(): Promise<{ readonly connections: readonly LiveConnection[]; readonly total: number }>;
  audit(before?: number): Promise<readonly AuditRecord[]>;
  verifyAudit(): Promise<AuditVerdict>;
  /** The server's budget, and a page of those people who have one. */
  budgets(cursor?: string): Promise<Budgets>;
  setServerBudget(budget: Budget | null): Promise<void>;
  setUserBudget(userId: string, budget: Budget | null): Promise<void>;
}

/** Every one rejects with a `Trouble`. */
export interface Http {
  site(): Promise<Site>;
  /** Null for nobody. */
  me(): Promise<Me | null>;
  updateMe(change: MeChange): Promise<Me>;
  login(name: string, password: string): Promise<Me>;
  logout(): Promise<void>;
  signUp(wanted: SignUp): Promise<Me>;
  bootstrap(first: Bootstrap): Promise<Me>;
  changePassword(password: { old?: string; new: string }): Promise<void>;
  logins(): Promise<readonly Login[]>;
  endLogin(loginId: string): Promise<void>;
  endLogins(which: "others" | "all"): Promise<void>;
  /** Begins to link an identity of a provider; gives the address to go to. */
  linkIdentity(providerId: string): Promise<string>;
  /** The identities elsewhere of one's account. */
  identities(): Promise<LinkedIdentities>;
  unlinkIdentity(identityId: string): Promise<void>;
  tokens(): Promise<readonly ApiToken[]>;
  createToken(wanted: TokenWish): Promise<NewApiToken>;
  revokeToken(tokenId: string): Promise<void>;
  /** Null for a code that lets nobody in. */
  lookInvite(code: string): Promise<InviteLook | null>;
  importSessions(file: Blob): Promise<Imported>;
  admin: AdminHttp;
}
