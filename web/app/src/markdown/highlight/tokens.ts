/** The coloured pieces of a text, in order. */

export interface Token {
  from: number;
  to: number;
  /** The class that colours it. */
  kind: string;
}

export class Tokens {
  readonly #list: readonly Token[];
  /** Characters that were looked at; what follows is plain for now. */
  readonly length: number;

  constructor(list: readonly Token[], length: number) {
    this.#list = list;
    this.length = length;
  }

  covers(end: number): boolean {
    return end <= this.length;
  }

  /** Whether these are the same pieces as `earlier`, and more: then what was drawn from it stands. */
  continues(earlier: Tokens): boolean {
    const last = earlier.#list.length - 1;
    const probes = [0, Math.floor(last / 2), last - 1];
    return probes.every((at) => {
      const before = earlier.#list[at];
      const after = this.#list[at];
      return (
        before === undefined ||
        (before.from === after?.from && before.to === after.to && before.kind === after.kind)
      );
    });
  }

  /** The pieces that begin and end within. A piece over the edge is cut. */
  *between(from: number, to: number): Generator<Token> {
    for (let at = this.#first(from); at < this.#list.length; at += 1) {
      const token = this.#list[at];
      if (!token || token.from >= to) return;
      yield { kind: token.kind, from: Math.max(token.from, from), to: Math.min(token.to, to) };
    }
  }

  /** The first piece that ends after `from`. */
  #first(from: number): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#list[middle]?.to ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
