import type { Invitation, Participant, Presence, SessionState } from "@madang/protocol";
import type { Changes } from "./changes.js";

const NOBODY: ReadonlyMap<string, Presence> = new Map();

/** Who belongs to a session, who was asked in, and who is here: the mirror of the server's word (SE3, RS4). */
export class People {
  participants: readonly Participant[] = [];
  invitations: readonly Invitation[] = [];
  /** By user id; who is not in it is not here. */
  presence = NOBODY;
  /** Who types, in the order in which they began. */
  readonly #typing = new Set<string>();
  #shown: readonly string[] = [];

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
    presence_changed: ({ presence }) => this.#put(presence),
  };

  /** Who is typing but `me`, in the order in which they began; the same array until that changes. */
  typing(me: string | undefined): readonly string[] {
    const typing = [...this.#typing].filter((user) => user !== me);
    if (typing.join() !== this.#shown.join()) this.#shown = typing;
    return this.#shown;
  }

  /** Starts over from a snapshot. */
  reset(state: SessionState): void {
    this.participants = state.participants;
    this.invitations = state.invitations;
    this.gather(state.presence);
  }

  /** Starts over with those who are here. */
  gather(present: readonly Presence[]): void {
    this.presence = NOBODY;
    this.#typing.clear();
    for (const one of present) this.#put(one);
  }

  /** The connection is lost: that someone types is not known any more. */
  hush(): void {
    this.gather([...this.presence.values()].map((one) => (one.typing ? { ...one, typing: false } : one)));
  }

  #put(presence: Presence): void {
    this.presence = new Map(this.presence).set(presence.user_id, presence);
    if (presence.typing) this.#typing.add(presence.user_id);
    else this.#typing.delete(presence.user_id);
  }

  #change(userId: string, change: Partial<Participant>): void {
    this.participants = this.participants.map((one) =>
      one.user_id === userId ? { ...one, ...change } : one,
    );
  }

  #absent(userId: string): void {
    const left = new Map(this.presence);
    if (left.delete(userId)) this.presence = left;
    this.#typing.delete(userId);
  }
}

function without<T extends { readonly user_id: string }>(list: readonly T[], userId: string): readonly T[] {
  return list.filter((one) => one.user_id !== userId);
}
