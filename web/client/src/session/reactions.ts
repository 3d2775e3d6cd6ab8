import type { Message, ReactionChanged } from "@madang/protocol";

/** One's own reactions on their way: shown over what the server has said, until it answers. */
export class Wishes {
  readonly #wishes = new Map<string, ReactionChanged>();
  #under: readonly Message[] = [];
  #shown: readonly Message[] = [];

  /** Shows what one wishes, until the returned function is called; a later wish for the same takes its place. */
  add(wish: ReactionChanged): () => void {
    const key = `${wish.message_id} ${wish.emoji}`;
    this.#wishes.set(key, wish);
    this.#under = [];
    return () => {
      if (this.#wishes.get(key) !== wish) return;
      this.#wishes.delete(key);
      this.#under = [];
    };
  }

  /** The messages as they are shown; the same array until something changes. */
  over(messages: readonly Message[]): readonly Message[] {
    if (this.#wishes.size === 0) return messages;
    if (messages !== this.#under) {
      this.#under = messages;
      this.#shown = messages.map((message) => {
        const own = [...this.#wishes.values()].filter((wish) => wish.message_id === message.message_id);
        return own.reduce(withReaction, message);
      });
    }
    return this.#shown;
  }
}

/** The message with a reaction come or gone; the same object when that is so already. Under what is deleted there is none. */
export function withReaction(message: Message, { emoji, user_id, on }: ReactionChanged): Message {
  const { reactions = [], deleted_at } = message;
  const line = reactions.find((one) => one.emoji === emoji);
  if (deleted_at !== undefined || (line?.users.includes(user_id) ?? false) === on) return message;
  const others = line?.users.filter((user) => user !== user_id) ?? [];
  const changed = { emoji, users: on ? [...others, user_id] : others };
  const lines =
    line === undefined ? [...reactions, changed] : reactions.with(reactions.indexOf(line), changed);
  return { ...message, reactions: lines.filter((one) => one.users.length > 0) };
}
