/** The server's HTTP side, by the SDK; failures in the words of the app. */
import { createHttp } from "@madang/client/http";
import { plain } from "../session/live-trouble.js";
import type { AdminHttp, Http } from "./types.js";

const http = createHttp();
const { admin } = http;

/** Records of the audit log asked for at once. */
const AUDIT_PAGE = 50;
/** Sums asked for at once: more bars than fit on a screen. */
const USAGE_ROWS = 400;
const CONNECTIONS = 200;
/** People with a budget in a page. */
const BUDGETS_PAGE = 50;

const liveAdmin: AdminHttp = {
  users: (query, cursor) => plain(admin.users({ query, cursor })),
  createUser: (user) => plain(admin.createUser(user)),
  updateUser: (id, change) => plain(admin.updateUser(id, change)),
  resetPassword: (id) => plain(admin.resetPassword(id)),
  endLogins: (id) => plain(admin.endLogins(id)),
  invites: () => plain(admin.invites()),
  createInvite: (choice) => plain(admin.createInvite(choice)),
  revokeInvite: (id) => plain(admin.revokeInvite(id)),
  sessions: (query, cursor) => plain(admin.sessions({ query, cursor })),
  usage: (by, from, to) => plain(admin.usage({ by, from, to, limit: USAGE_ROWS })),
  health: () => plain(admin.health()),
  connections: () => plain(admin.connections(CONNECTIONS)),
  audit: (before) => plain(admin.audit({ limit: AUDIT_PAGE, ...(before === undefined ? {} : { before }) })),
  verifyAudit: () => plain(admin.verifyAudit()),
  budgets: (cursor) => plain(admin.budgets({ cursor, limit: BUDGETS_PAGE })),
  setServerBudget: (budget) => plain(admin.setServerBudget(budget)),
  setUserBudget: (id, budget) => plain(admin.setUserBudget(id, budget)),
};

export const liveHttp: Http = {
  site: () => plain(http.site()),
  me: () => plain(http.me()),
  updateMe: (change) => plain(http.updateMe(change)),
  login: (name, password) => plain(http.login(name, password)),
  logout: () => plain(http.logout()),
  signUp: (wanted) => plain(http.signUp(wanted)),
  bootstrap: (first) => plain(http.bootstrap(first)),
  changePassword: (password) => plain(http.changePassword(password)),
  logins: () => plain(http.logins()),
  endLogin: (id) => plain(http.endLogin(id)),
  endLogins: (which) => plain(http.endLogins(which)),
  linkIdentity: (id) => plain(http.oidcLink(id)),
  identities: () => plain(http.identities()),
  unlinkIdentity: (id) => plain(http.unlinkIdentity(id)),
  tokens: () => plain(http.tokens()),
  createToken: (wanted) => plain(http.createToken(wanted)),
  revokeToken: (id) => plain(http.revokeToken(id)),
  lookInvite: (code) => plain(http.lookInvite(code)),
  importSessions: (file) => plain(http.importSessions(file)),
  admin: liveAdmin,
};

/** Where logging in with an identity provider begins. */
export const oidcAddress = (id: string, returnTo: string) => http.oidcStart(id, returnTo);
