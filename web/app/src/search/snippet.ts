/** A hit's text in pieces; what matched stands between two letters that no text has (U+E000, U+E001). */
import type { SearchHit } from "@madang/protocol";

export interface Piece {
  text: string;
  matched: boolean;
}

/** Signs of Markdown that say nothing in a line; a `>` only where a sentence has ended, else it may mean "more". */
const SIGNS = /(^|\s)(?:#{2,6}|\|(?:[\s:|-]*\|)?|`{3,}\w*|(?<=[.:?!…]\s)>)(?=\s|$)/gu;

export function piecesOf(snippet: string): Piece[] {
  return snippet
    .replace(SIGNS, "$1")
    .split(/(\uE000[^\uE001]*\uE001?)/u)
    .map((piece) => ({ text: piece.replace(/[\uE000\uE001]/gu, ""), matched: piece.startsWith("\uE000") }))
    .filter((piece) => piece.text !== "");
}

export interface HitGroup {
  sessionId: string;
  title: string;
  hits: SearchHit[];
}

/** Hits by session, sessions in the order of their first hit. */
export function groupHits(hits: readonly SearchHit[]): HitGroup[] {
  const groups = new Map<string, HitGroup>();
  for (const hit of hits) {
    const group = groups.get(hit.session_id);
    if (group) group.hits.push(hit);
    else groups.set(hit.session_id, { sessionId: hit.session_id, title: hit.title, hits: [hit] });
  }
  return [...groups.values()];
}
