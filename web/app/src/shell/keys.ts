/** Keys that mean something everywhere. */

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** How the key is called here. */
export const MOD = isApple ? "⌘" : "Ctrl";

export type Command = "palette" | "send" | "escape" | "next" | "previous" | "keys";

/** Whether what has the focus takes letters for itself. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

const PLAIN: Record<string, Command> = { j: "next", k: "previous", "?": "keys" };

/** What a key asks for; nothing while a syllable is being composed, whose keys belong to it. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  if (event.isComposing || event.keyCode === 229) return undefined;
  const mod = event.metaKey || event.ctrlKey;
  if (mod && !event.altKey) {
    if (event.key.toLowerCase() === "k") return "palette";
    return event.key === "Enter" ? "send" : undefined;
  }
  if (event.key === "Escape") return "escape";
  if (event.altKey || isWriting(event.target)) return undefined;
  // On a Korean keyboard the same keys give ㅓ and ㅏ.
  const key = event.code === "KeyJ" || event.code === "KeyK" ? event.code.slice(3) : event.key;
  return PLAIN[key.toLowerCase()];
}
