import type { Message } from "@madang/protocol";

/** The key of the first entries, which have no parent. */
const ROOT = "";

const NO_MESSAGES: readonly Message[] = [];
const NO_BRANCHES: ReadonlyMap<string, readonly string[]> = new Map();

/** The part of a session's tree of messages that is known here, and the branch that is shown. */
export class Transcript {
  readonly #known = new Map<string, Message>();
  /** Per parent, its followers, oldest first; some may be known by id alone. */
  readonly #followers = new Map<string, readonly string[]>();
  #head: string | null = null;
  #newest: Message | undefined;
  #path: readonly Message[] = NO_MESSAGES;
  #branches = NO_BRANCHES;

  /** The current branch as far as it is known, oldest first; the same array until it changes. */
  get path(): readonly Message[] {
    return this.#path;
  }

  /** Per entry of the path that has siblings: all of them, itself included, oldest first. */
  get branches(): ReadonlyMap<string, readonly string[]> {
    return this.#branches;
  }

  /** The last entry of the current branch. */
  get head(): string | null {
    return this.#head;
  }

  /** The newest entry known, on whichever branch. */
  get newest(): string | undefined {
    return this.#newest?.message_id;
  }

  /** Whether the branch has entries before the first one known. */
  get hasMore(): boolean {
    const first = this.#path[0];
    return first === undefined ? this.#head !== null : first.parent_id !== null;
  }

  /** Whether an entry is known. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** One entry. */
  get(id: string): Message | undefined {
    return this.#known.get(id);
  }

  /** Whether an entry came after another one, which came early if it is not known. */
  isAfter(id: string, other: string | null): boolean {
    const [late, early] = [this.#known.get(id), this.#known.get(other ?? ROOT)];
    if (late === undefined || late === early) return false;
    if (early === undefined || late.created_at > early.created_at) return true;
    const place = (message: Message) => this.#path.lastIndexOf(message);
    return late.created_at === early.created_at && place(late) > place(early);
  }

  /** Forgets everything. */
  clear(): void {
    this.#known.clear();
    this.#followers.clear();
    this.#head = null;
    this.#newest = undefined;
    this.#path = NO_MESSAGES;
    this.#branches = NO_BRANCHES;
  }

  /** Forgets replies that were being written: what became of them is not known. */
  forgetUnfinished(): void {
    for (const [id, message] of this.#known) {
      if (message.reply?.status === "streaming") this.#known.delete(id);
    }
  }

  /** Takes in a page, and the head if it is given. */
  merge(
    page: readonly Message[],
    branches: Readonly<Record<string, readonly string[]>>,
    head: string | null = this.#head,
  ): void {
    for (const message of page) this.#insert(message);
    for (const [id, siblings] of Object.entries(branches)) {
      const parent = this.#known.get(id);
      if (parent !== undefined) this.#followers.set(keyOf(parent), siblings);
    }
    this.#head = head;
    this.#walk();
  }

  /**
   * Adds a new entry, which becomes the head, unless it is a reply on a branch that is not shown.
   *
   * False when that can't be told, because the branch is not known far enough.
   */
  append(message: Message): boolean {
    const follows = message.parent_id === this.#head;
    const shown =
      follows || message.kind !== "reply" || this.#path.some((one) => one.message_id === message.parent_id);
    const unsure = !shown && this.hasMore && !this.#known.has(message.parent_id ?? ROOT);
    const fresh = !this.#known.has(message.message_id);
    this.#insert(message);
    if (!shown) return !unsure;
    this.#head = message.message_id;
    const single = this.#followers.get(keyOf(message))?.length === 1;
    if (follows && fresh && single) this.#path = [...this.#path, message];
    else this.#walk();
    return true;
  }

  /** Replaces an entry by what `change` makes of it. */
  update(id: string, change: (message: Message) => Message): void {
    const old = this.#known.get(id);
    if (old === undefined) return;
    const next = change(old);
    this.#known.set(id, next);
    const place = this.#path.lastIndexOf(old);
    if (place >= 0) this.#path = this.#path.with(place, next);
  }

  /** Shows the branch that ends at `head`; false when that entry is not known yet, and nothing has changed. */
  show(head: string): boolean {
    if (!this.#known.has(head)) return false;
    this.#head = head;
    this.#walk();
    return true;
  }

  /** Keeps the known object where nothing has changed, so that nobody draws it again. */
  #insert(message: Message): void {
    const old = this.#known.get(message.message_id);
    if (old === undefined || !same(old, message)) this.#known.set(message.message_id, message);
    if (message.created_at >= (this.#newest?.created_at ?? 0)) this.#newest = message;
    const key = keyOf(message);
    const followers = this.#followers.get(key) ?? [];
    if (!followers.includes(message.message_id)) this.#followers.set(key, [...followers, message.message_id]);
  }

  #walk(): void {
    const path: Message[] = [];
    const branches = new Map<string, readonly string[]>();
    const seen = new Set<string>();
    let at = this.#head;
    while (at !== null && !seen.has(at)) {
      seen.add(at);
      const message = this.#known.get(at);
      if (message === undefined) break;
      path.push(message);
      const siblings = this.#followers.get(keyOf(message)) ?? [];
      if (siblings.length > 1) branches.set(at, siblings);
      at = message.parent_id;
    }
    this.#path = path.reverse();
    this.#branches = branches.size === 0 ? NO_BRANCHES : branches;
  }
}

function keyOf(message: Message): string {
  return message.parent_id ?? ROOT;
}

/** Whether two copies of one entry say the same; what can't change once written is not compared. */
function same(a: Message, b: Message): boolean {
  return (
    a.content === b.content &&
    a.turn_id === b.turn_id &&
    a.reply?.status === b.reply?.status &&
    a.reply?.ended_at === b.reply?.ended_at &&
    a.reply?.parts.length === b.reply?.parts.length &&
    a.edited_at === b.edited_at &&
    a.deleted_at === b.deleted_at &&
    JSON.stringify(a.reactions) === JSON.stringify(b.reactions)
  );
}
