/**
 * Whether a key belongs to a syllable that is still being composed (Hangul, Kana, Pinyin). Safari says 229 for
 * the Enter that ends a composition, after it has said that the composition is over.
 */
export function isComposing(event: { isComposing: boolean; keyCode: number }): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** What a key does in the composer. */
export type Deed = "send" | "editLast" | "nothing";

interface Key {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

export function deedOf(event: Key, empty: boolean): Deed {
  if (isComposing(event)) return "nothing";
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) return "send";
  return event.key === "ArrowUp" && empty ? "editLast" : "nothing";
}
