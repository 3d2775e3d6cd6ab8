/** What one can do, carried out by the SDK. */
import type { MadangClient } from "@madang/client";
import { plain } from "./live-trouble.js";
import type { Actions } from "./types.js";

/** Hits asked for at once. */
const HITS = 20;

const done = async (promise: Promise<unknown>): Promise<void> => {
  await plain(promise);
};

/** What few do, and nobody at once: not part of what is loaded first. */
async function people(client: MadangClient, sessionId: string) {
  const { peopleOf } = await import("@madang/client/people");
  return peopleOf(client, sessionId);
}

export function actionsOf(client: MadangClient): Omit<Actions, "dismissInvited"> {
  return { ...sessionActions(client), ...messageActions(client), ...peopleActions(client) };
}

type SessionActions = Pick<
  Actions,
  | "createSession"
  | "renameSession"
  | "deleteSession"
  | "closeSession"
  | "reopenSession"
  | "configureSession"
  | "loadOlder"
  | "loadMoreSessions"
  | "reloadSessions"
  | "connect"
  | "reconnectNow"
  | "setBudget"
  | "summarize"
  | "search"
>;

function sessionActions(client: MadangClient): SessionActions {
  return {
    createSession: (choice) => plain(client.createSession(choice)),
    renameSession: (id, title) => done(client.session(id).rename(title)),
    deleteSession: (id) => done(client.session(id).remove()),
    closeSession: (id) => done(client.session(id).close()),
    reopenSession: (id) => done(client.session(id).reopen()),
    configureSession: (id, change) => done(client.session(id).configure(change)),
    loadOlder: (id) => done(client.session(id).loadOlder()),
    loadMoreSessions: (query) => done(client.sessions(query).loadMore()),
    reloadSessions: (query) => client.sessions(query).reload(),
    connect: () => client.connect(),
    reconnectNow: () => client.retryNow(),
    setBudget: async (id, budget) => done((await people(client, id)).setBudget(budget)),
    summarize: async (id, since) => plain((await people(client, id)).summarize(since)),
    search: (query, cursor) =>
      plain(client.send("search", { query, limit: HITS, ...(cursor === undefined ? {} : { cursor }) })),
  };
}

type MessageActions = Pick<
  Actions,
  | "send"
  | "retryPending"
  | "discardPending"
  | "stop"
  | "editQueued"
  | "regenerate"
  | "editPrompt"
  | "selectBranch"
  | "forkSession"
  | "editMessage"
  | "deleteMessage"
  | "revisions"
  | "react"
  | "setTyping"
  | "markRead"
>;

function messageActions(client: MadangClient): MessageActions {
  return {
    send: ({ sessionId, content, to, continues, replyTo, mentions }) => {
      const session = client.session(sessionId);
      const more = { replyTo, ...(mentions?.length ? { mentions } : {}) };
      return done(
        to === "claude" ? session.askClaude(content, { ...more, continues }) : session.chat(content, more),
      );
    },
    retryPending: (id, pending) => client.session(id).retry(pending),
    discardPending: (id, pending) => client.session(id).discard(pending),
    stop: (id, messageId) => done(client.session(id).cancel(messageId)),
    editQueued: (id, messageId, content) => done(client.session(id).editQueued(messageId, content)),
    regenerate: (id, messageId) => done(client.session(id).regenerate(messageId)),
    editPrompt: (id, messageId, content) => done(client.session(id).editPrompt(messageId, content)),
    selectBranch: (id, messageId) => done(client.session(id).selectBranch(messageId)),
    forkSession: (id, messageId) => plain(client.session(id).fork(messageId)),
    editMessage: (id, messageId, content) => done(client.session(id).editMessage(messageId, content)),
    deleteMessage: (id, messageId) => done(client.session(id).deleteMessage(messageId)),
    revisions: async (id, messageId) => plain((await people(client, id)).revisions(messageId)),
    react: (id, messageId, emoji, on) => done(client.session(id).react(messageId, emoji, on)),
    setTyping: (id, typing) => client.session(id).setTyping(typing),
    markRead: (id, messageId) => client.session(id).markRead(messageId),
  };
}

type PeopleActions = Omit<Actions, keyof SessionActions | keyof MessageActions | "dismissInvited">;

function peopleActions(client: MadangClient): PeopleActions {
  return {
    joinSession: (idOrCode) => {
      // On the way in nobody has connected yet.
      client.connect();
      return plain(client.join(idOrCode));
    },
    leaveSession: async (id) => done((await people(client, id)).leave()),
    inviteUser: async (id, who, role) => done((await people(client, id)).invite(who, role)),
    removeUser: async (id, userId) => done((await people(client, id)).remove(userId)),
    setRole: async (id, userId, { role, rights }) =>
      done((await people(client, id)).setRole(userId, role, rights)),
    transferOwnership: async (id, userId) => done((await people(client, id)).transfer(userId)),
    createInvite: async (id, { role, ...choice }) =>
      plain((await people(client, id)).createInvite(role, choice)),
    listInvites: async (id) => plain((await people(client, id)).listInvites()),
    revokeInvite: async (id, inviteId) => done((await people(client, id)).revokeInvite(inviteId)),
  };
}
