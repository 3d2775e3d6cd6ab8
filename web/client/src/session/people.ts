import type { Invitation, Participant, Presence, SessionState } from "@madang/protocol";
import { TYPING_MS } from "../limits.js";
import type { Changes } from "./changes.js";

const NOBODY: readonly string[] = [];

/** Who belongs to a session, who was asked in, and who is here: the mirror of the server's word (SE3, RS4). */
export class People {
  participants: readonly Participant[] = [];
  invitations: readonly Invitation[] = [];
  /** By user id; who is not in it is not here. */
  presence: ReadonlyMap<string, Presence> = new Map();
  /** Until when each of those who type is believed to. */
  readonly #until = new Map<string, number>();
  #typing = NOBODY;

  /** What events of people do to it. */
  readonly changes: Changes = {
    member_added: ({ participant }) => {
      this.participants = [...without(this.participants, participant.user_id), participant];
      this.invitations = without(this.invitations, participant.user_id);
    },
    member_changed: ({ participant }) => this.#change(participant.user_id, participant),
    member_removed: ({ user_id }) => {
      this.participants = without(this.participants, user_id);
      this.#absent(user_id);
    },
    role_changed: ({ user_id, role, rights }) => this.#change(user_id, { role, rights }),
    user_invited: ({ invitation }) => {
      this.invitations = [...without(this.invitations, invitation.user_id), invitation];
    },
    invitation_withdrawn: ({ user_id }) => {
      this.invitations = without(this.invitations, user_id);
    },
    participant_joined: ({ user_id }) => {
      // A presence that is known says more than this does; and Claude is no person.
      if (user_id === "claude" || this.presence.has(user_id)) return;
      this.#put({ user_id, state: "here", devices: 1, typing: false });
    },
    participant_left: ({ user_id }) => this.#absent(user_id),
    presence_changed: ({ presence }, now) => {
      this.#put(presence);
      if (presence.typing) this.#until.set(presence.user_id, now + TYPING_MS);
      else this.#until.delete(presence.user_id);
    },
  };

  /** Who is typing but `me`, in the order in which they began; the same array until that changes. */
  typing(me: string | undefined): readonly string[] {
    const typing = [...this.#until.keys()].filter((user) => user !== me);
    if (typing.join() !== this.#typing.join()) this.#typing = typing;
    return this.#typing;
  }

  /** Starts over from a snapshot. */
  reset(state: SessionState, now: number): void {
    this.participants = state.participants;
    this.invitations = state.invitations;
    this.presence = new Map(state.presence.map((one) => [one.user_id, one]));
    this.#until.clear();
    for (const { user_id, typing } of state.presence) if (typing) this.#until.set(user_id, now + TYPING_MS);
  }

  /** Believes of nobody any more that they type, if they have not said so lately. Gives when to look again. */
  expire(now: number): number | undefined {
    for (const [user, until] of this.#until) {
      if (until > now) continue;
      this.#until.delete(user);
      const known = this.presence.get(user);
      if (known !== undefined) this.#put({ ...known, typing: false });
    }
    return this.#until.size === 0 ? undefined : Math.min(...this.#until.values());
  }

  /** Believes of nobody any more that they type: the connection is lost. */
  hush(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  #put(presence: Presence): void {
    this.presence = new Map(this.presence).set(presence.user_id, presence);
  }

  #change(userId: string, change: Partial<Participant>): void {
    this.participants = this.participants.map((one) =>
      one.user_id === userId ? { ...one, ...change } : one,
    );
  }

  #absent(userId: string): void {
    const left = new Map(this.presence);
    if (left.delete(userId)) this.presence = left;
    this.#until.delete(userId);
  }
}

function without<T extends { readonly user_id: string }>(list: readonly T[], userId: string): readonly T[] {
  return list.filter((one) => one.user_id !== userId);
}
