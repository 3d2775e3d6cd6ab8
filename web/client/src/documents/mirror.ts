import type { ChangeSet, Text } from "@codemirror/state";
import { isWhole, mended } from "./pairs.js";
import { type ChangeLimits, split } from "./split.js";
import { changeFrom, jsonOf, textOf } from "./text.js";

/** A change on its way to the server, as it is now: moved over everything that was accepted before it. */
export interface Outgoing {
  /** Its name, the same however often it is sent. */
  readonly id: string;
  readonly change: ChangeSet;
}

/** What of one's own is not in the server's text. */
export interface Unsent {
  readonly sent: Outgoing | null;
  readonly buffer: ChangeSet | null;
}

/** How many of the last accepted changes are kept, to read cursors that were said before them. */
const RECENT_MAX = 64;

/**
 * One document as it is here: the server's text of a version, what was sent and has no answer, and what was typed since.
 *
 * What was sent is one change, and what was typed since is one other (DO9): each is composed before it is moved, and never
 * put together of parts that were moved apart. What comes from others is taken one by one, never composed.
 */
export class Mirror {
  readonly epoch: string;
  #version: number;
  #server: Text;
  #text: Text;
  #sent: Outgoing | null = null;
  #buffer: ChangeSet | null = null;
  /** The last accepted changes, oldest first; the last one made `version`. */
  #recent: ChangeSet[] = [];

  constructor(epoch: string, version: number, text: string) {
    this.epoch = epoch;
    this.#version = version;
    this.#server = textOf(text);
    this.#text = this.#server;
  }

  /** The server's version. */
  get version(): number {
    return this.#version;
  }

  /** The server's text of that version. */
  get server(): Text {
    return this.#server;
  }

  /** The text as it is shown: with everything of one's own. */
  get text(): Text {
    return this.#text;
  }

  /** What was sent and has no answer. */
  get sent(): Outgoing | null {
    return this.#sent;
  }

  /** What is not in the server's text; null when nothing is. */
  get unsent(): Unsent | null {
    if (this.#sent === null && this.#buffer === null) return null;
    return { sent: this.#sent, buffer: this.#buffer };
  }

  /** One has changed the text that is shown. */
  edit(change: ChangeSet): void {
    this.#text = change.apply(this.#text);
    const buffer = this.#buffer === null ? change : this.#buffer.compose(change);
    this.#buffer = buffer.empty ? null : buffer;
  }

  /** Whether what was typed can be sent: it cuts no surrogate pair. */
  get whole(): boolean {
    return this.#buffer === null || isWhole(this.#buffer, this.#beforeBuffer());
  }

  /** Makes what was typed such that it can be sent; gives what that does to the text that is shown. */
  mend(): ChangeSet | null {
    if (this.whole || this.#buffer === null) return null;
    const { change, fix } = mended(this.#buffer, this.#beforeBuffer(), this.#text);
    this.#buffer = change;
    this.#text = fix.apply(this.#text);
    return fix;
  }

  /** What is to be sent now: what had no answer; or what was typed, or as much of it as one change may be. */
  take(limits: ChangeLimits, newId: () => string): Outgoing | null {
    // What others took the ground from does nothing any more, whether it is known to the server or not.
    if (this.#sent?.change.empty) this.#sent = null;
    if (this.#sent !== null || this.#buffer === null) return this.#sent;
    const [first, rest] = split(this.#buffer, limits);
    this.#sent = { id: newId(), change: first };
    this.#buffer = rest;
    return this.#sent;
  }

  /** The server has accepted a change of someone else; gives what it does to the text that is shown. */
  receive(json: unknown): ChangeSet {
    const accepted = changeFrom(json, this.#server.length);
    let mine = accepted;
    this.#advance(accepted);
    if (this.#sent !== null) {
      const { id, change } = this.#sent;
      this.#sent = { id, change: change.map(accepted) };
      mine = accepted.map(change, true);
    }
    if (this.#buffer !== null) {
      const moved = this.#buffer.map(mine);
      mine = mine.map(this.#buffer, true);
      this.#buffer = moved.empty ? null : moved;
    }
    this.#text = mine.apply(this.#text);
    return mine;
  }

  /** The server has accepted what was sent; false when it has accepted something else under that name. */
  confirm(json: unknown): boolean {
    if (this.#sent === null) return false;
    const { change } = this.#sent;
    if (JSON.stringify(json) !== JSON.stringify(jsonOf(change))) return false;
    this.#advance(change);
    this.#sent = null;
    return true;
  }

  /** Takes up what an earlier page left; throws when it is no change of this text. */
  restore(sent: { readonly id: string; readonly change: unknown } | null, buffer: unknown): void {
    let text = this.#server;
    const read = (json: unknown) => {
      const change = changeFrom(json, text.length);
      text = change.apply(text);
      return change;
    };
    const restored = sent === null ? null : { id: sent.id, change: read(sent.change) };
    const typed = buffer === null ? null : read(buffer);
    this.#sent = restored;
    this.#buffer = typed;
    this.#text = text;
  }

  /** A place in the server's text of a version, as one in the text that is shown; clipped where that can't be told. */
  place(at: number, version: number, assoc: -1 | 1): number {
    const missed = this.#version - version;
    let place = at;
    for (const change of missed <= 0 ? [] : this.#recent.slice(-missed)) {
      place = change.mapPos(Math.min(place, change.length), assoc);
    }
    place = Math.max(0, Math.min(place, this.#server.length));
    if (this.#sent !== null) place = this.#sent.change.mapPos(place, assoc);
    return this.#buffer === null ? place : this.#buffer.mapPos(place, assoc);
  }

  #advance(change: ChangeSet): void {
    this.#server = change.apply(this.#server);
    this.#version += 1;
    this.#recent.push(change);
    if (this.#recent.length > 2 * RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX);
  }

  #beforeBuffer(): Text {
    return this.#sent === null ? this.#server : this.#sent.change.apply(this.#server);
  }
}
