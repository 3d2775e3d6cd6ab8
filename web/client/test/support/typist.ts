/** Edits such as people make, in which every unit that is typed is told apart from every other. */
import { ChangeSet, type Text } from "@codemirror/state";

/** Where the units begin that are typed in a test; there are 20,000 of them. */
const FIRST = 0x4e00;

export class Typists {
  readonly #random: () => number;
  #next = 0;
  /** Everything that somebody deleted. */
  readonly deleted = new Set<string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Everything that was typed. */
  get typed(): string[] {
    return Array.from({ length: this.#next }, (_, n) => String.fromCharCode(FIRST + n));
  }

  /** An edit of a text: something typed, something deleted, or both; in one place or in two. */
  edit(text: Text): ChangeSet {
    const places = Array.from({ length: this.#random() < 0.2 ? 2 : 1 }, () => this.#below(text.length + 1));
    const [a = 0, b = text.length] = places.sort((x, y) => x - y);
    const ranges =
      places.length === 1
        ? [[a, text.length] as const]
        : ([
            [a, b],
            [b, text.length],
          ] as const);
    const specs = ranges.map(([from, end]) => {
      const kind = this.#random();
      const to = kind < 0.6 ? from : Math.min(end, from + 1 + this.#below(6));
      for (const unit of text.sliceString(from, to, "\n")) this.deleted.add(unit);
      return { from, to, insert: kind < 0.75 ? this.#type() : "" };
    });
    return ChangeSet.of(specs, text.length);
  }

  /** What was typed and is neither in a text nor deleted by anyone. */
  lost(...texts: string[]): string[] {
    const here = new Set(texts.join(""));
    return this.typed.filter((unit) => !here.has(unit) && !this.deleted.has(unit));
  }

  /** What is twice in a text. */
  doubled(text: string): string[] {
    const typed = new Set(this.typed);
    const seen = new Set<string>();
    return [...text].filter((unit) => typed.has(unit) && seen.size === seen.add(unit).size);
  }

  #type(): string {
    const units = Array.from({ length: 1 + this.#below(3) }, () => {
      this.#next += 1;
      return String.fromCharCode(FIRST + this.#next - 1);
    });
    return units.join(this.#random() < 0.2 ? "\n" : "");
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }
}
