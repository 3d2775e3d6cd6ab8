/** A small server of one session that several people change at once; written apart from the client's mirror. */
import type { Message, Participant, Presence, ReactionChanged, Role, SessionState } from "@madang/protocol";
import type { Envelope, EventType } from "../../src/index.js";
import {
  durable,
  event,
  ME,
  participant,
  prompt,
  SESSION,
  type SentCommand,
  sessionState,
  summary,
} from "./fixtures.js";

const USERS = ["usr_a", "usr_b", "usr_c", ME.user_id];
const EMOJI = ["👍", "🎉"];
const ROLES: readonly Role[] = ["collaborator", "viewer"];
const at = { session_id: SESSION };

export class PeopledServer {
  readonly #random: () => number;
  readonly log: Envelope[] = [];
  readonly #answers = new Map<string, Envelope[]>();
  readonly people = new Map<string, Participant>([[ME.user_id, participant()]]);
  readonly invited = new Map<string, SessionState["invitations"][number]>();
  readonly present = new Map<string, Presence>();
  readonly messages: Message[] = [];
  budget: SessionState["budget"] = null;
  readTo: string | null = null;

  constructor(random: () => number) {
    this.#random = random;
    this.present.set(ME.user_id, { user_id: ME.user_id, state: "here", devices: 1, typing: false });
  }

  /** The whole, for one who comes. */
  state(): SessionState {
    return structuredClone(
      sessionState({
        seq: this.log.length + 1,
        participants: [...this.people.values()],
        invitations: [...this.invited.values()],
        presence: [...this.present.values()],
        messages: this.messages,
        head: this.messages.at(-1)?.message_id ?? null,
        budget: this.budget,
        read_to: this.readTo,
        summary: summary({ unread: this.unread() }),
      }),
    );
  }

  /** What comes back for a `hello` that stood at `seq`: what was missed and who is here, or the whole. */
  resume(seq: number | undefined): Envelope[] {
    const head = { session_id: SESSION };
    if (seq === undefined || this.#chance(0.3)) return [event("session_state", this.state(), head)];
    const to = this.log.length + 1;
    return [
      event("resumed", { ...at, from: seq, to, recovered: true }, head),
      ...this.log.slice(seq - 1),
      ...[...this.present.values()].map((presence) => event("presence_changed", { ...at, presence }, head)),
    ];
  }

  /** Someone does something; what is told of it. */
  act(): Envelope {
    const user = this.#one(USERS.slice(0, 3));
    const message = this.#one(this.messages);
    const kind = Math.floor(this.#random() * 9);
    if (kind === 0 || message === undefined) return this.#says(user);
    if (kind === 1) return this.#edits(message);
    if (kind === 2) return this.#deletes(message);
    if (kind === 3) return this.#joinsOrGoes(user);
    if (kind === 4) return this.#asksIn(user);
    if (kind === 5) return this.#spends();
    if (kind === 6) return this.#isHere(user);
    return this.#reacts({
      ...at,
      message_id: message.message_id,
      user_id: user,
      emoji: this.#one(EMOJI),
      on: this.#chance(0.6),
    });
  }

  /** Carries a command out once; gives what is told of it. */
  answer(command: SentCommand): Envelope[] {
    const known = this.#answers.get(command.id);
    if (known !== undefined) return known.slice(0, 1);
    const told = this.#carryOut(command);
    this.#answers.set(command.id, told);
    return told;
  }

  unread(): number {
    return this.messages.length - 1 - this.#placeOf(this.readTo);
  }

  #carryOut({ type, id, data }: SentCommand): Envelope[] {
    const head = { correlation_id: id };
    if (type === "react") {
      const wish = data as SentCommand<"react">["data"];
      const message = this.messages[this.#placeOf(wish.message_id)];
      if (message?.deleted_at !== undefined || this.#chance(0.3))
        return [event("error", { code: "CONFLICT", message: "No.", recoverable: false }, head)];
      return [event("ack", {}, head), this.#reacts({ ...wish, user_id: ME.user_id })];
    }
    if (type === "mark_read") {
      const { message_id } = data as SentCommand<"mark_read">["data"];
      if (this.#placeOf(message_id) > this.#placeOf(this.readTo)) this.readTo = message_id;
      const marked = { ...at, message_id: this.readTo ?? "", unread: this.unread(), unread_mentions: 0 };
      return [event("read_marked", marked, { ...head, session_id: SESSION })];
    }
    return [event("ack", {}, head)];
  }

  #log<T extends EventType>(type: T, data: Omit<Envelope<T>["data"], "session_id">): Envelope {
    const told = durable(type, { ...at, ...data } as Envelope<T>["data"], this.log.length + 2);
    const copy = structuredClone(told) as Envelope;
    this.log.push(copy);
    return copy;
  }

  #says(user: string): Envelope {
    const n = this.messages.length;
    const said = { ...prompt(`m${n}`, n === 0 ? null : `m${n - 1}`), created_at: 10 + n };
    const message: Message = { ...said, kind: "chat", author: { user_id: user, display_name: user } };
    this.messages.push(message);
    return this.#log("message_created", { message });
  }

  #edits(message: Message): Envelope {
    if (message.deleted_at !== undefined) return this.#spends();
    const content = `${message.content}!`;
    const told = { message_id: message.message_id, content, mentions: ["usr_a"], edited_at: this.log.length };
    Object.assign(message, { content, mentions: told.mentions, edited_at: told.edited_at });
    return this.#log("message_edited", told);
  }

  #deletes(message: Message): Envelope {
    if (message.deleted_at !== undefined || this.#chance(0.7)) return this.#spends();
    const deleted_at = this.log.length;
    delete message.mentions;
    delete message.reactions;
    delete message.edited_at;
    Object.assign(message, { content: "", deleted_at });
    return this.#log("message_deleted", { message_id: message.message_id, deleted_at, by: ME });
  }

  #joinsOrGoes(user: string): Envelope {
    const known = this.people.get(user);
    if (known === undefined) {
      const person = participant({ user_id: user, display_name: user, role: "viewer" });
      this.people.set(user, person);
      this.invited.delete(user);
      return this.#log("member_added", { participant: person, by: ME });
    }
    if (this.#chance(0.3)) {
      this.people.delete(user);
      this.present.delete(user);
      return this.#log("member_removed", { user_id: user, by: ME });
    }
    const changed = { ...known, role: this.#one(ROLES), rights: [] };
    this.people.set(user, changed);
    return this.#log("role_changed", { user_id: user, role: changed.role, rights: [], by: ME });
  }

  #asksIn(user: string): Envelope {
    if (this.people.has(user)) return this.#spends();
    if (this.invited.delete(user)) return this.#log("invitation_withdrawn", { user_id: user, by: ME });
    const invitation = { user_id: user, display_name: user, role: "viewer", by: ME, at: 1 } as const;
    this.invited.set(user, invitation);
    return this.#log("user_invited", { invitation });
  }

  #spends(): Envelope {
    this.budget = this.#chance(0.5) ? null : { tokens: this.log.length, period: "day" };
    return this.#log("budget_changed", { budget: this.budget, by: ME });
  }

  #isHere(user: string): Envelope {
    const head = { session_id: SESSION };
    if (!this.people.has(user) || this.present.size > 3 || this.#chance(0.2)) {
      this.present.delete(user);
      return event("participant_left", { ...at, user_id: user }, head);
    }
    const devices = Math.floor(this.#random() * 3);
    const state = devices === 0 ? "away" : "here";
    const presence: Presence = { user_id: user, state, devices, typing: devices > 0 && this.#chance(0.5) };
    this.present.set(user, presence);
    return event("presence_changed", { ...at, presence }, head);
  }

  #reacts(data: ReactionChanged): Envelope {
    const message = this.messages.find((one) => one.message_id === data.message_id);
    const lines = message?.reactions ?? [];
    const line = lines.find((one) => one.emoji === data.emoji);
    const has = line?.users.includes(data.user_id) ?? false;
    if (message === undefined || message.deleted_at !== undefined || has === data.on) return this.#spends();
    if (line === undefined) lines.push({ emoji: data.emoji, users: [data.user_id] });
    else if (data.on) line.users.push(data.user_id);
    else line.users.splice(line.users.indexOf(data.user_id), 1);
    message.reactions = lines.filter((one) => one.users.length > 0);
    return this.#log("reaction_changed", data);
  }

  #placeOf(id: string | null): number {
    return this.messages.findIndex((one) => one.message_id === id);
  }

  #one<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}
