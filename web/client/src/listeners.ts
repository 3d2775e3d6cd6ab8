/** Told of what a listener threw. */
export type Report = (error: unknown, where: string) => void;

/** Where reports go when nobody asks for them. */
export function reportToConsole(error: unknown, where: string): void {
  console.error(`madang: ${where}:`, error);
}

/** A set of listeners; one that throws disturbs nobody else. */
export class Listeners<A extends readonly unknown[] = []> {
  readonly #set = new Set<{ call: (...args: A) => void }>();
  readonly #report: Report;
  readonly #where: string;

  constructor(report: Report, where: string) {
    this.#report = report;
    this.#where = where;
  }

  /** How many there are. */
  get size(): number {
    return this.#set.size;
  }

  /** Adds one; the same function may be added twice. */
  add(call: (...args: A) => void): () => void {
    const entry = { call };
    this.#set.add(entry);
    return () => {
      this.#set.delete(entry);
    };
  }

  /** Calls all that are there now. */
  emit(...args: A): void {
    for (const entry of [...this.#set]) {
      try {
        entry.call(...args);
      } catch (error) {
        this.#report(error, this.#where);
      }
    }
  }
}

/** A value with listeners; the simplest `Readable`. */
export class Cell<T> {
  #value: T;
  readonly #listeners: Listeners;

  constructor(value: T, report: Report, where: string) {
    this.#value = value;
    this.#listeners = new Listeners(report, where);
  }

  /** Sets the value and tells everyone, unless it is the same. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.emit();
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  readonly getSnapshot = (): T => this.#value;
  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);
}
