import { ChangeSet } from "@codemirror/state";
import type { RemoteCursor } from "../documents/state.js";
import type { DocumentStore, DocumentView } from "../documents/store.js";
import { difference, normalised, textOf } from "../documents/text.js";
import type { MonacoChange, MonacoContentEvent, MonacoEdit, MonacoModel, MonacoPosition } from "./model.js";
import { UndoSteps } from "./undo.js";

/** Monaco's `EndOfLineSequence.LF` and `EndOfLinePreference.LF`. */
const SEQUENCE_LF = 0;
const PREFERENCE_LF = 1;

/** How a model is bound. */
export interface MonacoBindingOptions {
  /** Told where the others are, in lines and columns, whenever that is new: to be drawn as decorations. */
  readonly onCursors?: ((cursors: readonly PlacedCursor[]) => void) | undefined;
}

/** Someone else's place in a model. */
export interface PlacedCursor extends RemoteCursor {
  readonly anchorPosition: MonacoPosition;
  readonly position: MonacoPosition;
}

/** A model that is kept equal to a document. */
export interface MonacoBinding {
  /** One is at a place of the model, or has selected from `anchor` to it; null: nowhere. */
  select(head: MonacoPosition | null, anchor?: MonacoPosition): void;
  /** Takes back one's own last edit, and nothing of anyone else; false when there is none. */
  undo(): boolean;
  /** Does again what was taken back last. */
  redo(): boolean;
  dispose(): void;
}

/** Keeps a Monaco model equal to a document until it is disposed of. Opening the document is the caller's (`store.open`). */
export function bindMonaco(
  store: DocumentStore,
  model: MonacoModel,
  options: MonacoBindingOptions = {},
): MonacoBinding {
  return new Binding(store, model, options);
}

class Binding implements MonacoBinding, DocumentView {
  readonly #store: DocumentStore;
  readonly #model: MonacoModel;
  readonly #options: MonacoBindingOptions;
  readonly #steps = new UndoSteps();
  readonly #stops: (() => void)[];
  /** Whether what the model says is an echo of what it was told. */
  #telling = false;
  #cursors: readonly RemoteCursor[] = [];

  constructor(store: DocumentStore, model: MonacoModel, options: MonacoBindingOptions) {
    this.#store = store;
    this.#model = model;
    this.#options = options;
    this.#onlyLf();
    const heard = model.onDidChangeContent((event) => this.#changed(event));
    this.#stops = [store.attach(this), store.subscribe(() => this.#showCursors()), () => heard.dispose()];
    this.#showCursors();
  }

  text(): string {
    return this.#model.getValue(PREFERENCE_LF);
  }

  apply(change: ChangeSet): void {
    this.#steps.moved(change);
    this.#tell(change);
  }

  select(head: MonacoPosition | null, anchor: MonacoPosition | null = head): void {
    if (head === null || anchor === null) this.#store.select(null);
    else {
      this.#store.select({ anchor: this.#model.getOffsetAt(anchor), head: this.#model.getOffsetAt(head) });
    }
  }

  undo(): boolean {
    return this.#step(this.#steps.undo(this.#store.text));
  }

  redo(): boolean {
    return this.#step(this.#steps.redo(this.#store.text));
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  #step(change: ChangeSet | null): boolean {
    if (change === null) return false;
    this.#tell(change);
    return this.#store.edit(change, { from: this });
  }

  /** Changes the model; what it says of that is an echo. */
  #tell(change: ChangeSet): void {
    this.#telling = true;
    try {
      this.#model.applyEdits(editsOf(change, this.#model));
      this.#onlyLf();
    } finally {
      this.#telling = false;
    }
  }

  /** Someone typed in the model, or its whole text was set. */
  #changed({ changes }: MonacoContentEvent): void {
    if (this.#telling) return;
    const before = this.#store.text;
    if (before === null) return;
    this.#onlyLf();
    const change = this.#changeOf(changes, before.length) ?? difference(before.toString(), this.text());
    if (change.empty) return;
    this.#steps.made(change, before);
    this.#store.edit(change, { from: this });
  }

  /** What the model says was changed; undefined where that can't be gone by, as after `setValue`. */
  #changeOf(changes: readonly MonacoChange[], length: number): ChangeSet | undefined {
    const whole = changes.some(({ rangeOffset, rangeLength }) => rangeOffset === 0 && rangeLength >= length);
    if (whole || changes.some(({ rangeOffset, rangeLength }) => rangeOffset + rangeLength > length)) {
      return undefined;
    }
    const specs = changes.map(({ rangeOffset, rangeLength, text }) => ({
      from: rangeOffset,
      to: rangeOffset + rangeLength,
      insert: textOf(text),
    }));
    const change = ChangeSet.of(specs, length);
    return change.newLength === this.#model.getValueLength(PREFERENCE_LF) ? change : undefined;
  }

  /** A text with CRLF counts otherwise: its ends of lines are LF from now on. */
  #onlyLf(): void {
    if (this.#model.getEOL() === "\n") return;
    const telling = this.#telling;
    this.#telling = true;
    this.#model.setEOL(SEQUENCE_LF);
    this.#telling = telling;
  }

  #showCursors(): void {
    const { cursors } = this.#store.getSnapshot();
    if (cursors === this.#cursors || this.#options.onCursors === undefined) return;
    this.#cursors = cursors;
    this.#options.onCursors(
      cursors.map((cursor) => ({
        ...cursor,
        anchorPosition: this.#model.getPositionAt(cursor.anchor),
        position: this.#model.getPositionAt(cursor.head),
      })),
    );
  }
}

/** A change as edits of the model that it changes, last position first: none moves the place of another. */
function editsOf(change: ChangeSet, model: MonacoModel): MonacoEdit[] {
  const edits: MonacoEdit[] = [];
  change.iterChanges((from, to, _fromB, _toB, inserted) => {
    const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)];
    edits.push({
      range: {
        startLineNumber: start.lineNumber,
        startColumn: start.column,
        endLineNumber: end.lineNumber,
        endColumn: end.column,
      },
      text: normalised(inserted.toString()),
    });
  });
  return edits.reverse();
}
