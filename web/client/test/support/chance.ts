/** Chance that can be had again by its seed. */
export function chance(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS = ["마당", " ", "hello", "👩‍👩‍👧", "\n", "```", "é", "\u0000", '"', "\\", "한", "글"];

/** Up to `most` pieces of text with what tends to break. */
export function pieces(random: () => number, most: number): string[] {
  const count = 1 + Math.floor(random() * most);
  return Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)] ?? "");
}
