import type { Invite, InviteCreated, Role } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { asMadangError, type MadangError } from "../errors.js";
import { Cell, reportToConsole } from "../listeners.js";
import type { Readable } from "../types.js";
import { type InviteOptions, peopleOf, type SessionPeople } from "./commands.js";

/** The links into a session as they are shown. */
export interface InvitesSnapshot {
  /** Nothing asked yet; on its way for the first time; here; could not be had. */
  readonly status: "idle" | "loading" | "ready" | "failed";
  /** Newest first. */
  readonly invites: readonly Invite[];
  readonly error: MadangError | null;
}

/** The links into a session that still hold; loaded when someone first listens. */
export class InvitesStore implements Readable<InvitesSnapshot> {
  readonly #people: SessionPeople;
  readonly #state = new Cell<InvitesSnapshot>(
    { status: "idle", invites: [], error: null },
    reportToConsole,
    "invites listener",
  );

  constructor(client: MadangClient, sessionId: string) {
    this.#people = peopleOf(client, sessionId);
  }

  readonly getSnapshot = (): InvitesSnapshot => this.#state.getSnapshot();

  /** Listening loads them. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const unsubscribe = this.#state.subscribe(listener);
    if (this.getSnapshot().status === "idle") void this.reload();
    return unsubscribe;
  };

  /** Asks again. Never fails; the snapshot says what went wrong. */
  async reload(): Promise<void> {
    if (this.getSnapshot().status !== "ready") this.#change({ status: "loading", error: null });
    try {
      this.#change({ status: "ready", invites: await this.#people.listInvites(), error: null });
    } catch (error) {
      this.#change({ status: "failed", error: asMadangError(error) });
    }
  }

  /** Makes a link; its code is in the answer, and nowhere else. */
  async create(role: Role, options?: InviteOptions): Promise<InviteCreated> {
    const created = await this.#people.createInvite(role, options);
    this.#change({ invites: [created.invite, ...this.getSnapshot().invites] });
    return created;
  }

  /** Ends a link. */
  async revoke(inviteId: string): Promise<void> {
    await this.#people.revokeInvite(inviteId);
    this.#change({ invites: this.getSnapshot().invites.filter((one) => one.invite_id !== inviteId) });
  }

  #change(change: Partial<InvitesSnapshot>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }
}
