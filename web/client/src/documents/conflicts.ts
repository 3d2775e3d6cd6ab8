import { ChangeSet } from "@codemirror/state";
import type { MadangError } from "../errors.js";
import { newCommandId, systemClock } from "../surroundings.js";
import { CONFLICTS_MAX } from "./limits.js";
import type { Mirror } from "./mirror.js";
import type { Conflict, Resolution } from "./state.js";
import { difference } from "./text.js";

/** Edits that the server did not take, until one decides. */
export class Conflicts {
  #list: readonly Conflict[] = [];

  /** Oldest first; the same array until it changes. */
  get list(): readonly Conflict[] {
    return this.#list;
  }

  /** Keeps what a mirror has that the server doesn't; `known` when the server has what was sent of it. */
  keep(mirror: Mirror, error: MadangError | null, known = false): void {
    const { unsent } = mirror;
    const id = unsent?.sent?.id ?? newCommandId(systemClock);
    const left = known ? unsent?.buffer : unsent;
    if (!left) return;
    const base = known ? unsent?.sent?.change.apply(mirror.server) : mirror.server;
    this.add({ id, base: (base ?? mirror.server).toString(), mine: mirror.text.toString(), error });
  }

  /** Says why what was sent under a name was not taken. */
  explain(id: string, error: MadangError | null): void {
    const known = this.#list.find((one) => one.id === id);
    if (known !== undefined) this.#list = this.#list.map((one) => (one === known ? { ...one, error } : one));
  }

  add(conflict: Conflict): void {
    this.#list = [...this.#list.filter(({ id }) => id !== conflict.id), conflict].slice(-CONFLICTS_MAX);
  }

  /** Takes one away; gives it. */
  take(id: string): Conflict | undefined {
    const found = this.#list.find((one) => one.id === id);
    if (found !== undefined) this.#list = this.#list.filter((one) => one !== found);
    return found;
  }

  /** Forgets all. */
  clear(): void {
    this.#list = [];
  }
}

/** What has to be done to a text to resolve a conflict in one way. */
export function resolved({ base, mine }: Conflict, how: Resolution, now: string): ChangeSet {
  if (how === "theirs") return ChangeSet.empty(now.length);
  if (how === "mine" && base !== null) return difference(now, mine);
  // Without the text that they were made in, all that can be done with edits is to add what was typed.
  if (base === null) return ChangeSet.of({ from: now.length, insert: mine }, now.length);
  return difference(base, mine).map(difference(base, now));
}

/** The text that a change brings, piece by piece. */
export function typedIn(changes: readonly unknown[]): string {
  const pieces = changes.flatMap((change) => (Array.isArray(change) ? change : []));
  return pieces
    .flatMap((section: unknown) => (Array.isArray(section) ? [section.slice(1).join("\n")] : []))
    .filter((text) => text !== "")
    .join("\n");
}
