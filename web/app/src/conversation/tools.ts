/** Tool calls and results in words. Their content is JSON text, perhaps half of it while it streams. */

/** Characters of a call or result that are shown. */
const SHOWN_CHARS = 20_000;
/** Characters of the one-line summary. */
const SUMMARY_CHARS = 120;

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** What the call is on, in one line: the first plain values of its input. */
export function summaryOf(json: string): string {
  const value = parsed(json);
  if (typeof value === "string") return value.slice(0, SUMMARY_CHARS);
  if (typeof value !== "object" || value === null) return "";
  const plain = Object.values(value).filter((each) => typeof each === "string" || typeof each === "number");
  return plain.join(", ").replace(/\s+/g, " ").slice(0, SUMMARY_CHARS);
}

/** The text of a result made of text blocks, else JSON laid out, else the letters as they came. */
export function readable(json: string): string {
  const value = parsed(json);
  const text = textOf(value) ?? (value === undefined ? json : JSON.stringify(value, null, 2));
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const texts = value.map((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string"
      ? block.text
      : undefined,
  );
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.join("\n") : undefined;
}
