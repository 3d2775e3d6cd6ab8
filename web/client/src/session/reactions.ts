import type { Message, ReactionChanged } from "@madang/protocol";
import type { Transcript } from "./transcript.js";

/** What one wants of a reaction of one's own, and what the server last said of it. */
interface Wish {
  readonly data: ReactionChanged;
  truth: boolean;
}

/** Reactions: shown at once when they are one's own, and taken back when they are refused. */
export class Reactions {
  readonly #transcript: Transcript;
  readonly #wishes = new Map<string, Wish>();

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
  }

  /** The server says how a reaction is; while one wishes otherwise, that is only noted. */
  told(data: ReactionChanged): void {
    const wish = this.#wishes.get(keyOf(data));
    if (wish === undefined) this.#show(data);
    else wish.truth = data.on;
  }

  /** Shows what one wishes; to be called with the server's answer afterwards. */
  wish(data: ReactionChanged): (granted: boolean) => void {
    const key = keyOf(data);
    const truth = this.#wishes.get(key)?.truth ?? this.#has(data);
    const wish = { data, truth };
    this.#wishes.set(key, wish);
    this.#show(data);
    return (granted) => {
      if (granted) wish.truth = data.on;
      // A later wish has taken its place; that one's answer decides.
      const newest = this.#wishes.get(key);
      if (newest !== wish) {
        if (granted && newest !== undefined) newest.truth = data.on;
        return;
      }
      this.#wishes.delete(key);
      if (!granted) this.#show({ ...data, on: wish.truth });
    };
  }

  /** A snapshot has come: what it says is the truth, what is shown stays the wish. */
  renew(): void {
    for (const wish of this.#wishes.values()) {
      wish.truth = this.#has(wish.data);
      this.#show(wish.data);
    }
  }

  #has({ message_id, emoji, user_id }: ReactionChanged): boolean {
    const reactions = this.#transcript.get(message_id)?.reactions ?? [];
    return reactions.some((one) => one.emoji === emoji && one.users.includes(user_id));
  }

  #show(data: ReactionChanged): void {
    if (this.#has(data) === data.on) return;
    this.#transcript.update(data.message_id, (message) => ({
      ...message,
      reactions: changed(message, data),
    }));
  }
}

function changed(
  { reactions = [] }: Message,
  { emoji, user_id, on }: ReactionChanged,
): Message["reactions"] & {} {
  const known = reactions.some((one) => one.emoji === emoji);
  if (!known) return [...reactions, { emoji, users: [user_id] }];
  return reactions
    .map((one) => {
      if (one.emoji !== emoji) return one;
      const others = one.users.filter((user) => user !== user_id);
      return { emoji, users: on ? [...others, user_id] : others };
    })
    .filter((one) => one.users.length > 0);
}

function keyOf({ message_id, emoji, user_id }: ReactionChanged): string {
  return `${message_id} ${user_id} ${emoji}`;
}
