/** The few that are one press away; any other can be typed. */
export const QUICK = ["👍", "❤️", "😄", "🎉", "👀", "🙏", "🤔", "✅"] as const;

/** Bytes, as the server counts them. */
const EMOJI_BYTES_MAX = 64;
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\uFE0F?\u20E3/u;

/** The first emoji of what was typed; nothing where there is none. */
export function emojiIn(text: string): string | undefined {
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    if (PICTURE.test(segment) && new TextEncoder().encode(segment).length <= EMOJI_BYTES_MAX) return segment;
  }
  return undefined;
}
