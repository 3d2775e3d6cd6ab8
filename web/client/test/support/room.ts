/** One document, its authority, and several clients on fake sockets; the test says who hears and who is read when. */
import { ChangeSet, Text } from "@codemirror/state";
import type { CodeChange, CursorUpdate, OpenDocument, VersionOnly } from "@madang/protocol";
import { vi } from "vitest";
import {
  type DocumentStore,
  type DocumentsOptions,
  type DocumentView,
  documentsOf,
} from "../../src/documents.js";
import type { CommandType, Envelope } from "../../src/index.js";
import { Authority } from "./authority.js";
import { event, SESSION, type SentCommand } from "./fixtures.js";
import { type FakeSocket, type Harness, harness } from "./harness.js";

/** An editor as simple as one can be. */
export class Pad implements DocumentView {
  doc = Text.empty;
  readonly heard: unknown[] = [];

  constructor(readonly store: DocumentStore) {}

  text(): string {
    return this.doc.toString();
  }

  apply(change: ChangeSet): void {
    this.heard.push(change.toJSON());
    this.doc = change.apply(this.doc);
  }

  /** Someone edits here. */
  edit(change: ChangeSet): void {
    this.doc = change.apply(this.doc);
    this.store.edit(change, { from: this });
  }

  /** Someone types here. */
  type(at: number, insert: string, to = at): void {
    this.edit(ChangeSet.of({ from: at, to, insert }, this.doc.length));
  }
}

/** One person's client. */
export class Guest {
  readonly h: Harness;
  readonly store: DocumentStore;
  readonly pad: Pad;
  /** Lets go of the document. */
  readonly close: () => void;
  /** What the server has for this connection and has not sent. */
  readonly down: Envelope[] = [];
  isOpen = false;
  #read = 0;
  #socket: FakeSocket | undefined;

  constructor(
    readonly room: Room,
    readonly userId: string,
    options: DocumentsOptions,
  ) {
    this.h = harness({ settings: { pingAfterMs: 1e9, answerMs: 1e9 } });
    this.store = documentsOf(this.h.client, options).of(SESSION).document();
    this.pad = new Pad(this.store);
    this.store.attach(this.pad);
    this.close = this.store.open();
  }

  async connect(): Promise<void> {
    this.h.client.connect();
    await this.#welcome();
  }

  /** The connection breaks, with what was on its way. */
  drop(): void {
    this.h.socket().die(1006);
    this.isOpen = false;
    this.down.length = 0;
  }

  /** It is there again. */
  async back(): Promise<void> {
    while (this.h.socket() === this.#socket) await vi.advanceTimersByTimeAsync(100);
    await this.#welcome();
  }

  /** The server reads the next command; false when there is none. */
  serve(): boolean {
    const command = this.h.socket().sent()[this.#read];
    if (command === undefined) return false;
    this.#read += 1;
    this.room.read(this, command);
    return true;
  }

  /** The client hears some of what there is, in one frame. */
  async hear(most = Number.POSITIVE_INFINITY): Promise<void> {
    const frame = this.down.splice(0, most);
    if (frame.length > 0) this.h.socket().deliver(...frame);
    await this.h.settle();
  }

  async #welcome(): Promise<void> {
    this.#read = 1;
    await this.h.settle();
    this.#socket = await this.h.welcome({ user_id: this.userId });
  }
}

export class Room {
  readonly authority: Authority;
  readonly guests: Guest[] = [];
  /** Who may not change anything. */
  readonly viewers = new Set<string>();
  /** Commands that are refused once, by their type, and with what. */
  readonly refusals = new Map<CommandType, { code: string; recoverable: boolean }>();

  constructor(text = "", window?: number) {
    this.authority = new Authority(text, window);
  }

  async enter(userId: string, options: DocumentsOptions = {}): Promise<Guest> {
    const guest = new Guest(this, userId, options);
    this.guests.push(guest);
    await guest.connect();
    return guest;
  }

  /** Everything is read and heard, until nothing moves any more. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      let moved = false;
      for (const guest of this.guests) {
        while (guest.serve()) moved = true;
        moved ||= guest.down.length > 0;
        await guest.hear();
      }
      await vi.advanceTimersByTimeAsync(60);
      quiet = moved ? 0 : quiet + 1;
    }
  }

  read(guest: Guest, { type, id, data }: SentCommand): void {
    const answer = (envelope: Envelope) => guest.down.push({ ...envelope, correlation_id: id });
    const refusal = this.refusals.get(type);
    if (refusal !== undefined) {
      this.refusals.delete(type);
      answer(event("error", { ...refusal, message: "No." } as never));
    } else if (type === "open_document") answer(this.#opened(guest, data as OpenDocument));
    else if (type === "code_change") this.#changed(guest, data as CodeChange, id);
    else if (type === "get_version") {
      const { version } = data as VersionOnly;
      const text = this.authority.textAt(version);
      answer(event("document_version", { session_id: SESSION, document: 1, version, text }));
    } else {
      if (type === "close_document") guest.isOpen = false;
      answer(event("ack", {}));
      if (type === "cursor_update") this.#pointed(guest, data as CursorUpdate);
    }
  }

  tell(envelope: Envelope, but?: Guest): void {
    for (const guest of this.guests) if (guest.isOpen && guest !== but) guest.down.push(envelope);
  }

  /** The text as it is told when nobody asked. */
  state(): Envelope {
    const state = this.authority.open(undefined, undefined);
    return event("document_state", state as Envelope<"document_state">["data"], { session_id: SESSION });
  }

  #opened(guest: Guest, { version, epoch }: OpenDocument): Envelope {
    guest.isOpen = true;
    const answer = this.authority.open(version, epoch);
    const at = { session_id: SESSION };
    return "changes" in answer ? event("document_resumed", answer, at) : event("document_state", answer, at);
  }

  #changed(guest: Guest, data: CodeChange, id: string): void {
    const verdict = this.viewers.has(guest.userId)
      ? ({ error: "FORBIDDEN" } as const)
      : this.authority.take(guest.userId, data);
    if ("error" in verdict) {
      const error = { code: verdict.error, message: "No.", recoverable: verdict.error === "STALE_BASE" };
      guest.down.push(event("error", error, { correlation_id: id }), this.state());
      return;
    }
    guest.down.push(event("ack", { document: 1, version: verdict.ack }, { correlation_id: id }));
    if (verdict.told !== null) this.tell(event("code_changed", verdict.told, { session_id: SESSION }));
  }

  #pointed(guest: Guest, { selection, version = 0 }: CursorUpdate): void {
    if (selection === undefined || !("head" in selection)) return;
    const position = { line: 1, column: 1 };
    const at = { session_id: SESSION, document: 1, user_id: guest.userId };
    this.tell(event("cursor_moved", { ...at, position, selection, version, color: "red" }, at), guest);
  }
}
