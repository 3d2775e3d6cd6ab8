import type { Ack, Budget, Invite, InviteCreated, Revision, Right, Role, Summary } from "@madang/protocol";
import type { MadangClient } from "../client.js";

/** Milliseconds that Claude may take for a summary: a long one is as much work as a reply. */
const SUMMARY_MS = 180_000;

/** What one can do with the people, links, budget and past of a session. */
export function peopleOf(client: MadangClient, sessionId: string): SessionPeople {
  return new SessionPeople(client, sessionId);
}

/** See `peopleOf`. Whoever `target` is: a user id, a login name, or the subject an embedding application knows them by. */
export class SessionPeople {
  readonly #client: MadangClient;
  readonly #sessionId: string;

  constructor(client: MadangClient, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
  }

  /** Ends one's membership (presence alone: `SessionStore.leavePresence`). An owner gives the session away first. */
  leave(): Promise<Ack> {
    return this.#client.send("leave_session", this.#on({}));
  }

  /** Asks someone in by name. */
  invite(target: string, role: Role): Promise<Ack> {
    return this.#client.send("invite_user", this.#on({ target_user_id: target, role }));
  }

  /** Ends someone's membership, or takes their invitation back. */
  remove(target: string): Promise<Ack> {
    return this.#client.send("remove_user", this.#on({ target_user_id: target }));
  }

  /** Gives someone another role, and these rights on top of it; see `grantable`. */
  setRole(target: string, role: Role, rights: readonly Right[] = []): Promise<Ack> {
    return this.#client.send("set_role", this.#on({ target_user_id: target, role, rights: [...rights] }));
  }

  /** Gives the session to another of its people. */
  transfer(target: string): Promise<Ack> {
    return this.#client.send("transfer_ownership", this.#on({ target_user_id: target }));
  }

  /** Makes a link that lets people in. Its code is given this once; see `inviteLink` of `@madang/client/http`. */
  createInvite(role: Role, options: InviteOptions = {}): Promise<InviteCreated> {
    const { expiresInMs, uses } = options;
    return this.#client.send(
      "create_invite",
      this.#on({
        role,
        ...(expiresInMs === undefined ? {} : { expires_in_ms: expiresInMs }),
        ...(uses === undefined ? {} : { uses }),
      }),
    );
  }

  /** The links that still hold, newest first. */
  async listInvites(): Promise<readonly Invite[]> {
    return (await this.#client.send("list_invites", this.#on({}))).invites;
  }

  /** Ends a link. */
  revokeInvite(inviteId: string): Promise<Ack> {
    return this.#client.send("revoke_invite", this.#on({ invite_id: inviteId }));
  }

  /** Limits what the session may spend; null takes the limit away. */
  setBudget(budget: Budget | null): Promise<Ack> {
    return this.#client.send("set_budget", this.#on({ budget }));
  }

  /** The texts that a message once had, oldest first; the last is the one it has. */
  async revisions(messageId: string): Promise<readonly Revision[]> {
    return (await this.#client.send("get_revisions", this.#on({ message_id: messageId }))).revisions;
  }

  /** What happened since a message, in Claude's words and for oneself alone; without one, since what one has read. */
  summarize(since?: string, signal?: AbortSignal): Promise<Summary> {
    const data = this.#on(since === undefined ? {} : { since });
    return this.#client.send("summarize", data, { timeoutMs: SUMMARY_MS, signal });
  }

  #on<T extends object>(data: T): T & { session_id: string } {
    return { session_id: this.#sessionId, ...data };
  }
}

/** How long an invite link holds, and for how many. */
export interface InviteOptions {
  /** Milliseconds, at most 30 days; 7 days when left out. */
  readonly expiresInMs?: number | undefined;
  /** How many people it lets in; one when left out. */
  readonly uses?: number | undefined;
}
