/** A finished reply as it is read out: its beginning up to the end of a sentence, without signs of Markdown. */
import type { Message } from "@madang/protocol";
import type { Translate } from "../i18n/index.js";
import { sentenceOf } from "../session/trouble.js";
import { endingOf } from "./ending.js";

/** Characters read out; the rest is there to be read by moving through it. */
const HEARD_CHARS = 600;

export function plainWords(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?(?:```|$)/g, " ")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^ {0,3}(?:#{1,6}|>|[-*+]|\d+[.)])\s+/gm, "")
    .replace(/\|?\s*:?-{3,}:?\s*\|?/g, " ")
    .replace(/[*_`~|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** As much of the beginning as is heard at once: whole sentences, or whole words where a sentence is too long. */
export function beginning(words: string): string {
  if (words.length <= HEARD_CHARS) return words;
  const cut = words.slice(0, HEARD_CHARS);
  const sentence = Math.max(
    cut.lastIndexOf(". "),
    cut.lastIndexOf("? "),
    cut.lastIndexOf("! "),
    cut.lastIndexOf("。"),
  );
  if (sentence > HEARD_CHARS / 3) return cut.slice(0, sentence + 1);
  return cut.slice(0, Math.max(cut.lastIndexOf(" "), HEARD_CHARS / 2));
}

export function announce(message: Message, t: Translate): string {
  const words = plainWords(message.content);
  const heard = beginning(words);
  const ending = endingOf(message);
  const said = [t("reply.finished"), heard];
  if (heard.length < words.length) said.push(t("reply.long", { words: words.split(" ").length }));
  if (ending?.kind === "stopped") said.push(t("reply.stopped", { name: ending.by }));
  if (ending?.kind === "interrupted") said.push(t("reply.interrupted"));
  if (ending?.kind === "failed") said.push(sentenceOf(ending.trouble, t));
  return said.filter(Boolean).join(" ");
}
