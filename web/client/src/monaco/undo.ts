import type { ChangeSet, Text } from "@codemirror/state";

/** Steps kept; the oldest goes first. */
const STEPS_MAX = 200;

/** One's own edits, to be taken back: moved through everyone's, so that taking one back takes back nothing else. */
export class UndoSteps {
  #done: ChangeSet[] = [];
  #undone: ChangeSet[] = [];

  /** One has changed a text. */
  made(change: ChangeSet, before: Text): void {
    this.#done = [...this.#done, change.invert(before)].slice(-STEPS_MAX);
    this.#undone = [];
  }

  /** Someone else has changed the text. */
  moved(change: ChangeSet): void {
    this.#done = through(this.#done, change);
    this.#undone = through(this.#undone, change);
  }

  /** What takes the last edit back; null when there is none. */
  undo(text: Text | null): ChangeSet | null {
    const step = text === null ? undefined : this.#done.pop();
    if (step === undefined || text === null) return null;
    this.#undone.push(step.invert(text));
    return step;
  }

  /** What does again what was taken back last. */
  redo(text: Text | null): ChangeSet | null {
    const step = text === null ? undefined : this.#undone.pop();
    if (step === undefined || text === null) return null;
    this.#done.push(step.invert(text));
    return step;
  }
}

/** Moves steps over a change: the last one is of the text now, each one before of what the next one makes. */
function through(steps: readonly ChangeSet[], change: ChangeSet): ChangeSet[] {
  const moved: ChangeSet[] = [];
  let over = change;
  for (const step of [...steps].reverse()) {
    const next = step.map(over);
    over = over.map(step, true);
    if (!next.empty) moved.push(next);
  }
  return moved.reverse();
}
