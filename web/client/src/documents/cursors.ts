import type { ChangeSet } from "@codemirror/state";
import type { DocumentCursor, Selection } from "@madang/protocol";
import type { Mirror } from "./mirror.js";
import type { RemoteCursor } from "./state.js";

interface Said extends Selection {
  readonly color: string;
}

/** A cursor that was said of a version, whether that is here already or not. */
interface Early {
  readonly cursor: DocumentCursor;
  readonly version: number;
}

/** Where the others are, moved through every change of the text that is shown (DO5). */
export class Cursors {
  readonly #placed = new Map<string, Said>();
  /** Said of versions that have not come yet, the newest per person. */
  readonly #early = new Map<string, Early>();

  /** Starts over with all that there are, in the mirror's version. */
  reset(cursors: readonly DocumentCursor[], mirror: Mirror): void {
    this.#placed.clear();
    this.#early.clear();
    for (const cursor of cursors) this.set(cursor, mirror.version, mirror);
  }

  /** Someone is elsewhere, in the server's text of a version. */
  set(cursor: DocumentCursor, version: number, mirror: Mirror): void {
    if (version > mirror.version) {
      this.#early.set(cursor.user_id, { cursor, version });
      return;
    }
    this.#early.delete(cursor.user_id);
    const { anchor, head } = cursor.selection;
    this.#placed.set(cursor.user_id, {
      anchor: mirror.place(anchor, version, -1),
      head: mirror.place(head, version, -1),
      color: cursor.color,
    });
  }

  /** Someone is not in the document any more; false when they were not known to be. */
  remove(userId: string): boolean {
    this.#early.delete(userId);
    return this.#placed.delete(userId);
  }

  /** The text that is shown was changed, by `author` or by oneself: who inserts stands behind what they inserted. */
  map(change: ChangeSet, author: string | null): void {
    for (const [userId, { anchor, head, color }] of this.#placed) {
      const assoc = userId === author ? 1 : -1;
      this.#placed.set(userId, {
        anchor: change.mapPos(Math.min(anchor, change.length), assoc),
        head: change.mapPos(Math.min(head, change.length), assoc),
        color,
      });
    }
  }

  /** A version has come: what was said of it counts now. */
  arrived(mirror: Mirror): void {
    for (const { cursor, version } of [...this.#early.values()]) {
      if (version <= mirror.version) this.set(cursor, version, mirror);
    }
  }

  /** All but one's own, with their names; the old list where nothing has changed. */
  list(
    old: readonly RemoteCursor[],
    me: string | undefined,
    nameOf: (id: string) => string,
  ): readonly RemoteCursor[] {
    const list = [...this.#placed]
      .filter(([userId]) => userId !== me)
      .map(([userId, said]) => {
        const next: RemoteCursor = { userId, name: nameOf(userId), ...said };
        const before = old.find((one) => one.userId === userId);
        return before !== undefined && same(before, next) ? before : next;
      });
    return list.length === old.length && list.every((one, place) => one === old[place]) ? old : list;
  }
}

function same(a: RemoteCursor, b: RemoteCursor): boolean {
  return a.anchor === b.anchor && a.head === b.head && a.color === b.color && a.name === b.name;
}
