import { type Extension, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";
import type { RemoteCursor } from "../documents/state.js";

/** Someone else's place in an editor. */
export type Caret = RemoteCursor;

/** What an editor shows of the others. */
interface Carets {
  readonly cursors: readonly Caret[];
  readonly decorations: DecorationSet;
}

/** Shows these carets in place of those that are shown. */
export const setCarets = StateEffect.define<readonly Caret[]>();

/** The carets that are shown; between two words of the document they move with the text. */
export const caretsField: StateField<Carets> = StateField.define<Carets>({
  create: () => ({ cursors: [], decorations: Decoration.none }),
  update(shown, tr) {
    let next = shown;
    if (tr.docChanged) next = { ...next, decorations: next.decorations.map(tr.changes) };
    for (const effect of tr.effects) {
      if (effect.is(setCarets)) {
        next = { cursors: effect.value, decorations: decorated(effect.value, tr.newDoc.length) };
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field, ({ decorations }) => decorations),
});

/** The others' carets and selections, drawn with their colours; a caret's name is shown on hover and read aloud. */
export const carets: Extension = [
  caretsField,
  EditorView.baseTheme({
    ".madang-caret": {
      position: "relative",
      borderLeft: "2px solid var(--madang-caret)",
      marginLeft: "-1px",
      marginRight: "-1px",
    },
    ".madang-caret-name": {
      position: "absolute",
      left: "-2px",
      bottom: "100%",
      padding: "0 4px",
      borderRadius: "3px 3px 3px 0",
      fontSize: "75%",
      whiteSpace: "nowrap",
      color: "#fff",
      background: "var(--madang-caret)",
      pointerEvents: "none",
      zIndex: "1",
    },
    ".madang-selection": {
      backgroundColor: "color-mix(in oklab, var(--madang-caret) 25%, transparent)",
    },
  }),
];

function decorated(cursors: readonly Caret[], length: number): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const cursor of cursors) {
    const clip = (at: number) => Math.max(0, Math.min(at, length));
    const [anchor, head] = [clip(cursor.anchor), clip(cursor.head)];
    if (anchor !== head) {
      const attributes = { style: colorOf(cursor) };
      const mark = Decoration.mark({ class: "madang-selection", attributes });
      ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)));
    }
    const side = head > anchor ? -1 : 1;
    ranges.push(Decoration.widget({ widget: new CaretWidget(cursor), side }).range(head));
  }
  return Decoration.set(ranges, true);
}

/** A colour comes from the server, but may be anything: what could end the declaration is left out. */
function colorOf({ color }: Caret): string {
  return `--madang-caret: ${color.replace(/[;{}"'<>\\]/g, "")}`;
}

class CaretWidget extends WidgetType {
  readonly #caret: Caret;

  constructor(caret: Caret) {
    super();
    this.#caret = caret;
  }

  override eq(other: CaretWidget): boolean {
    const [a, b] = [this.#caret, other.#caret];
    return a.userId === b.userId && a.name === b.name && a.color === b.color;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = "madang-caret";
    caret.style.cssText = colorOf(this.#caret);
    const name = document.createElement("span");
    name.className = "madang-caret-name";
    name.textContent = this.#caret.name;
    caret.append(name);
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
