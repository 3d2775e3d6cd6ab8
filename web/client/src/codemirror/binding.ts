import { Annotation, EditorState, type Extension, Transaction } from "@codemirror/state";
import { type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import type { DocumentStore, DocumentView } from "../documents/store.js";
import { carets, caretsField, setCarets } from "./carets.js";

/** Marks what comes from the document: it is not sent, and one's own undo leaves it alone. */
export const fromElsewhere = Annotation.define<DocumentStore>();

/** How an editor is bound. */
export interface BindingOptions {
  /** Whether the others' carets and selections are shown; by default they are. */
  readonly carets?: boolean | undefined;
  /** Whether the others are shown where one is; by default they are. */
  readonly tells?: boolean | undefined;
}

/**
 * Keeps one editor equal to a document: `new EditorView({ extensions: [bindDocument(store), …] })`.
 *
 * The editor takes no edits before the document's text is in it. Opening the document is the caller's (`store.open`). Undo is
 * the editor's own (`history()`), and leaves alone what comes from elsewhere. An extension is for one editor.
 */
export function bindDocument(store: DocumentStore, options: BindingOptions = {}): Extension {
  let bound = false;
  const plugin = ViewPlugin.define((view) => {
    const binding = new Binding(view, store, options);
    // An editor can't be changed while it is being made.
    queueMicrotask(() => {
      bound = binding.begin();
    });
    return binding;
  });
  return [
    plugin,
    EditorState.changeFilter.of(
      (tr) => (bound && store.text !== null) || tr.annotation(fromElsewhere) === store,
    ),
    options.carets === false ? [] : carets,
  ];
}

class Binding implements DocumentView {
  readonly #view: EditorView;
  readonly #store: DocumentStore;
  readonly #options: BindingOptions;
  #detach: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;
  #destroyed = false;

  constructor(view: EditorView, store: DocumentStore, options: BindingOptions) {
    this.#view = view;
    this.#store = store;
    this.#options = options;
  }

  /** Begins to keep the editor equal; false when it is gone already. */
  begin(): boolean {
    if (this.#destroyed) return false;
    this.#detach = this.#store.attach(this);
    this.#unsubscribe = this.#store.subscribe(() => this.#showCarets());
    this.#showCarets();
    return true;
  }

  text(): string {
    return this.#view.state.doc.toString();
  }

  apply(change: Parameters<DocumentView["apply"]>[0]): void {
    this.#view.dispatch({
      changes: change,
      annotations: [
        fromElsewhere.of(this.#store),
        Transaction.addToHistory.of(false),
        Transaction.remote.of(true),
      ],
    });
  }

  update(update: ViewUpdate): void {
    if (this.#detach === undefined) return;
    const mine = update.transactions.filter((tr) => tr.annotation(fromElsewhere) !== this.#store);
    const selection = this.#selectionOf(update, mine.length > 0);
    for (const [place, { changes }] of mine.entries()) {
      const last = place === mine.length - 1;
      if (!changes.empty) this.#store.edit(changes, { from: this, ...(last ? { selection } : {}) });
      else if (last && selection !== undefined) this.#store.select(selection);
    }
    if (mine.length === 0 && selection !== undefined) this.#store.select(selection);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#detach?.();
    this.#unsubscribe?.();
    this.#detach = undefined;
    this.#unsubscribe = undefined;
  }

  /** Where one is, when that is new and to be told; what others' changes moved is known to the server. */
  #selectionOf(update: ViewUpdate, mine: boolean): { anchor: number; head: number } | undefined {
    if (this.#options.tells === false) return undefined;
    if (!(mine && update.selectionSet) && !(mine && update.docChanged) && !update.focusChanged)
      return undefined;
    const { anchor, head } = update.state.selection.main;
    return { anchor, head };
  }

  #showCarets(): void {
    if (this.#options.carets === false) return;
    const { cursors } = this.#store.getSnapshot();
    const shown = this.#view.state.field(caretsField, false);
    if (shown === undefined || shown.cursors === cursors) return;
    this.#view.dispatch({ effects: setCarets.of(cursors) });
  }
}
