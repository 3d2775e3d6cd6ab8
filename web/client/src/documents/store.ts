import type { ChangeSet, Text } from "@codemirror/state";
import type {
  CodeChanged,
  DocumentCursor,
  DocumentResumed,
  DocumentState,
  Selection,
} from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { MadangError } from "../errors.js";
import { Cell, reportToConsole } from "../listeners.js";
import { Readers } from "../session/readers.js";
import { DEFAULT_SETTINGS } from "../settings.js";
import { Soon } from "../soon.js";
import { newCommandId, systemClock } from "../surroundings.js";
import type { Readable } from "../types.js";
import { Conflicts, resolved, typedIn } from "./conflicts.js";
import { Cursors } from "./cursors.js";
import { type Draft, type DraftKeeper, draftOf } from "./drafts.js";
import { hearDocument } from "./hear.js";
import { Mirror } from "./mirror.js";
import { Opener } from "./opener.js";
import { Sender } from "./sender.js";
import { nextSnapshot } from "./snapshot.js";
import type { DocumentSnapshot, Resolution } from "./state.js";
import { difference, jsonOf, normalised } from "./text.js";

/** Something that shows a document's text: an editor, by its binding. */
export interface DocumentView {
  /** The text that it shows, with LF alone. */
  text(): string;
  /** The text is another: changes what is shown, and does not take that for an edit. */
  apply(change: ChangeSet): void;
}

/** What goes with an edit. */
export interface EditOptions {
  /** The view it was made in, which shows it already. */
  readonly from?: DocumentView | undefined;
  /** Where one is in the text after it. */
  readonly selection?: Selection | null | undefined;
}

/** One document as this client sees it: open while someone reads, and right again after every lost connection. */
export class DocumentStore implements Readable<DocumentSnapshot> {
  readonly #client: MadangClient;
  readonly #keeper: DraftKeeper | undefined;
  readonly #readers: Readers;
  readonly #opener: Opener;
  readonly #sender: Sender;
  readonly #cursors = new Cursors();
  readonly #conflicts = new Conflicts();
  readonly #views = new Set<DocumentView>();
  readonly #state: Cell<DocumentSnapshot>;
  readonly #tell: Soon;
  #mirror: Mirror | null = null;
  #user: string | undefined;
  /** Whether the text has to be had whole: what is here can't be gone on from. */
  #astray = false;
  #name = "";
  #deaf: (() => void) | undefined;

  constructor(client: MadangClient, sessionId: string, document: number, keeper?: DraftKeeper) {
    this.#client = client;
    this.#keeper = keeper;
    const at = { client, sessionId, document };
    this.#tell = new Soon(systemClock, () => this.#publish());
    this.#state = new Cell(nextSnapshot(null, { sessionId, document }), reportToConsole, "document listener");
    this.#readers = new Readers(systemClock, DEFAULT_SETTINGS.lingerMs, {
      begin: () => this.#begin(),
      end: () => this.#end(),
    });
    this.#sender = new Sender({
      ...at,
      live: () => (this.#opener.phase === "live" ? this.#mirror : null),
      mend: () => this.#mend(),
      known: (id, version) => this.#known(id, version),
      refused: (id, error) => this.#refused(id, error),
    });
    this.#opener = new Opener({
      ...at,
      place: () => (this.#mirror === null || this.#astray ? undefined : placeOf(this.#mirror)),
      prepare: () => this.#prepare(),
      lost: () => this.#sender.reset(),
      ended: (error) => this.#lay(error),
      changed: this.#tell.plan,
    });
  }

  /** Calls `listener` after each change of anything but the text. Listening alone does not open it; see `open`. */
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);
  readonly getSnapshot = (): DocumentSnapshot => this.#state.getSnapshot();

  /** Its text, with one's own edits; null before there is one. */
  get text(): Text | null {
    return this.#mirror?.text ?? null;
  }

  /** Keeps it open until the returned function is called, and a little longer; until all is saved in any case. */
  open(): () => void {
    return this.#readers.add();
  }

  /** Keeps a view equal to the text, as soon as there is one, until the returned function is called. */
  attach(view: DocumentView): () => void {
    this.#views.add(view);
    if (this.#mirror !== null) this.#level(view, this.#mirror.text.toString());
    return () => void this.#views.delete(view);
  }

  /** Changes the text that is shown. False, and nothing is done, while there is none. */
  edit(change: ChangeSet, options: EditOptions = {}): boolean {
    if (this.#mirror === null) return false;
    if (!change.empty) {
      this.#mirror.edit(change);
      this.#cursors.map(change, null);
      this.#show(change, options.from);
    }
    if (options.selection !== undefined) this.#sender.select(options.selection);
    this.#sender.flush();
    // A page that is closed before the next frame loses nothing that can't be sent.
    if (this.#opener.phase !== "live") this.#keep();
    this.#tell.plan();
    return true;
  }

  /** Makes the text another, with as few changes as that takes. */
  replaceAll(text: string): boolean {
    const shown = this.#mirror?.text.toString();
    return shown !== undefined && this.edit(difference(shown, normalised(text)));
  }

  /** Says where one is in the text that is shown; null: nowhere. */
  select(selection: Selection | null): void {
    this.#sender.select(selection);
    this.#sender.flush();
  }

  /** Decides what is made of edits that were not taken. */
  resolve(conflictId: string, how: Resolution): void {
    if (this.#mirror === null) return;
    const conflict = this.#conflicts.take(conflictId);
    if (conflict !== undefined) this.edit(resolved(conflict, how, this.#mirror.text.toString()));
    this.#tell.now();
  }

  #begin(): void {
    this.#deaf ??= hearDocument(this.#client, this.getSnapshot(), {
      state: (data, answers) => void this.#whole(data, answers),
      resumed: (data) => this.#resumed(data),
      changed: (data) => this.#changed(data),
      closed: () => this.#opener.again(),
      ended: (why) => this.#opener.ended("gone", why),
      cursor: (cursor, version) => this.#cursor(cursor, version),
      left: (userId) => {
        if (this.#cursors.remove(userId)) this.#tell.plan();
      },
      renamed: (name) => {
        this.#name = name;
        this.#tell.plan();
      },
      people: this.#tell.plan,
    });
    this.#opener.start();
  }

  #end(): void {
    // What is not saved yet is not let go.
    if (this.#readers.wanted || this.#mirror?.unsent) return;
    this.#opener.stop();
    this.#sender.reset();
    this.#deaf?.();
    this.#deaf = undefined;
    this.#mirror = null;
    this.#tell.now();
  }

  /** Makes sure of who one is, and takes up what an earlier page left. */
  async #prepare(): Promise<void> {
    const user = this.#client.server.getSnapshot()?.user_id;
    if (this.#user !== undefined && this.#user !== user) this.#renew();
    this.#user = user;
    const draft = this.#mirror === null && user !== undefined ? this.#draft(user) : null;
    if (draft !== null) await this.#restore(draft);
  }

  #draft(user: string): Draft | null {
    const { sessionId, document } = this.getSnapshot();
    return guarded("reading a draft", () => this.#keeper?.read(user, sessionId, document)) ?? null;
  }

  async #restore(draft: Draft): Promise<void> {
    const { sessionId, document } = this.getSnapshot();
    for (const conflict of draft.conflicts) this.#conflicts.add({ ...conflict, error: null });
    if (draft.sent === null && draft.buffer === null) return;
    try {
      const asked = { session_id: sessionId, document, version: draft.version };
      const { text } = await this.#client.send("get_version", asked, { onLoss: "fail" });
      const mirror = new Mirror(draft.epoch, draft.version, text);
      mirror.restore(draft.sent, draft.buffer);
      if (this.#mirror === null) this.#take(mirror);
    } catch (error) {
      if (error instanceof MadangError && error.recoverable) throw error;
      const mine = typedIn([draft.sent?.change, draft.buffer]);
      const id = draft.sent?.id ?? newCommandId(systemClock);
      if (mine !== "") this.#conflicts.add({ id, base: null, mine, error: null });
    }
  }

  /** The text whole. What one has that is not in it is offered, unless the server knows it after all. */
  async #whole(data: DocumentState, answers: boolean): Promise<void> {
    const old = this.#mirror;
    this.#name = data.name;
    this.#sender.reset();
    const astray = this.#astray;
    this.#astray = false;
    if (old !== null && answers && isOf(old, data)) {
      this.#arrived(old, data.cursors);
      return;
    }
    const ask = answers && !astray && old?.epoch === data.epoch && old.sent !== null;
    const mirror = new Mirror(data.epoch, data.version, data.text);
    if (old !== null && !ask) this.#conflicts.keep(old, null);
    this.#take(mirror);
    this.#arrived(mirror, data.cursors);
    if (old === null || !ask) return;
    this.#conflicts.keep(old, null, await this.#accepted(old));
    this.#tell.plan();
  }

  #arrived(mirror: Mirror, cursors: readonly DocumentCursor[]): void {
    this.#cursors.reset(cursors, mirror);
    this.#opener.opened();
    this.#sender.flush();
  }

  /** Whether the server has what was sent of a mirror that is no use any more. */
  async #accepted(old: Mirror): Promise<boolean> {
    const { sessionId, document } = this.getSnapshot();
    const { sent } = old;
    if (sent === null) return false;
    const data = {
      session_id: sessionId,
      document,
      base_version: old.version,
      op_id: sent.id,
      change: jsonOf(sent.change),
    };
    return this.#client.send("code_change", data, { onLoss: "fail" }).then(
      () => true,
      () => false,
    );
  }

  #resumed(data: DocumentResumed): void {
    const mirror = this.#mirror;
    if (mirror === null || data.from > mirror.version) {
      this.#lose();
      return;
    }
    this.#name = data.name;
    this.#sender.reset();
    const missed = data.changes.filter((change) => change.version > mirror.version);
    if (missed.every((change) => this.#advance(mirror, change))) this.#arrived(mirror, data.cursors);
  }

  #changed(data: CodeChanged): void {
    const mirror = this.#mirror;
    if (mirror === null || this.#opener.phase !== "live" || data.version <= mirror.version) return;
    if (data.version > mirror.version + 1) this.#opener.again();
    else if (this.#advance(mirror, data)) {
      this.#cursors.arrived(mirror);
      this.#tell.plan();
    }
  }

  /** Takes in the next version; false when that can't be done, and the whole is asked for. */
  #advance(mirror: Mirror, { user_id, op_id, change }: CodeChanged): boolean {
    const mine = user_id === this.#user && op_id !== undefined && op_id === mirror.sent?.id;
    try {
      if (!mine) {
        const shown = mirror.receive(change);
        this.#cursors.map(shown, user_id);
        this.#sender.moved(shown);
        this.#show(shown);
        return true;
      }
      if (mirror.confirm(change)) {
        this.#sender.confirmed();
        return true;
      }
    } catch (error) {
      reportToConsole(error, "a change of a document");
    }
    this.#lose();
    return false;
  }

  #cursor(cursor: DocumentCursor, version: number): void {
    if (this.#mirror === null) return;
    this.#cursors.set(cursor, version, this.#mirror);
    this.#tell.plan();
  }

  /** The server has had a change since before what is known here: what is here is not as it should be. */
  #known(id: string, version: number): void {
    const mirror = this.#mirror;
    if (mirror?.sent?.id !== id || version > mirror.version) return;
    this.#conflicts.keep(mirror, null, true);
    this.#drop(mirror);
    this.#lose();
  }

  #refused(id: string, error: MadangError): void {
    const why = error.code === "STALE_BASE" ? null : error;
    if (this.#mirror?.sent?.id !== id) this.#conflicts.explain(id, why);
    else {
      this.#lay(why);
      this.#opener.again();
    }
    this.#tell.plan();
  }

  /** Lays aside what the server does not have, and goes on from its text. */
  #lay(why: MadangError | null): void {
    const mirror = this.#mirror;
    if (!mirror?.unsent) return;
    this.#conflicts.keep(mirror, why);
    this.#drop(mirror);
  }

  #drop(mirror: Mirror): void {
    this.#sender.reset();
    this.#take(new Mirror(mirror.epoch, mirror.version, mirror.server.toString()));
  }

  #lose(): void {
    this.#astray = true;
    this.#opener.again();
  }

  /** Shows the text of another mirror. */
  #take(mirror: Mirror): void {
    const before = this.#mirror?.text.toString();
    this.#mirror = mirror;
    const text = mirror.text.toString();
    for (const view of this.#views) this.#level(view, text);
    if (before !== undefined) {
      const change = difference(before, text);
      this.#cursors.map(change, null);
      this.#sender.moved(change);
    }
    this.#tell.plan();
  }

  #level(view: DocumentView, text: string): void {
    const change = difference(view.text(), text);
    if (!change.empty) guarded("a view of a document", () => view.apply(change));
  }

  #show(change: ChangeSet, from?: DocumentView): void {
    if (change.empty) return;
    for (const view of this.#views)
      if (view !== from) guarded("a view of a document", () => view.apply(change));
  }

  #mend(): void {
    const fix = this.#mirror?.mend();
    if (fix) this.#show(fix);
    this.#sender.flush();
  }

  /** Someone else is signed in: nothing here is theirs. */
  #renew(): void {
    this.#mirror = null;
    this.#astray = false;
    this.#conflicts.clear();
    this.#sender.reset();
  }

  #publish(): void {
    const old = this.getSnapshot();
    const people = this.#client.session(old.sessionId).getSnapshot().participants;
    const nameOf = (id: string) => people.find((one) => one.user_id === id)?.display_name ?? "";
    this.#keep();
    this.#state.set(
      nextSnapshot(old, {
        ...old,
        name: this.#name,
        version: this.#mirror?.version ?? 0,
        phase: this.#opener.phase,
        error: this.#opener.error,
        loaded: this.#mirror !== null,
        unsent: Boolean(this.#mirror?.unsent),
        cursors: this.#cursors.list(old.cursors, this.#user, nameOf),
        conflicts: this.#conflicts.list,
      }),
    );
    if (this.#opener.started && !this.#readers.wanted) this.#end();
  }

  #keep(): void {
    if (this.#user === undefined || this.#keeper === undefined || this.#mirror === null) return;
    const { sessionId, document } = this.getSnapshot();
    const user = this.#user;
    const draft = draftOf(this.#mirror, this.#conflicts.list);
    guarded("keeping a draft", () => this.#keeper?.keep(user, sessionId, document, draft));
  }
}

/** Whether a state says nothing new. */
function isOf({ epoch, version, server }: Mirror, data: DocumentState): boolean {
  return epoch === data.epoch && version === data.version && server.toString() === data.text;
}

function placeOf({ version, epoch }: Mirror): { version: number; epoch: string } {
  return { version, epoch };
}

function guarded<T>(what: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    reportToConsole(error, what);
    return undefined;
  }
}
