/** Which addresses of a message a person may be sent to. Nothing else of a message's addresses is used at all. */

const SAFE = new Set(["http:", "https:", "mailto:"]);

/** Characters of an address; a longer one is shown as text. */
const ADDRESS_CHARS_MAX = 2048;

/** The address as it will be opened, or nothing: relative ones too, because a message has no place of its own. */
export function safeAddress(address: string): string | undefined {
  if (address.length > ADDRESS_CHARS_MAX) return undefined;
  try {
    const url = new URL(address);
    return SAFE.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The host that an address names, for "blocked image: host"; `?` where it names none. */
export function hostOf(address: string): string {
  try {
    const url = new URL(address, "https://relative.invalid");
    if (url.hostname === "relative.invalid") return "?";
    return url.host || url.protocol.replace(":", "");
  } catch {
    return "?";
  }
}

/** Words that look like an address but lead elsewhere get the true host beside them. */
export function misleads(words: string, address: string): boolean {
  const claimed = /^(?:https?:\/\/)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#]|$)/i.exec(words.trim())?.[1];
  if (!claimed) return false;
  const host = hostOf(address)
    .toLowerCase()
    .replace(/^www\./, "");
  return claimed.toLowerCase().replace(/^www\./, "") !== host.replace(/:\d+$/, "");
}
