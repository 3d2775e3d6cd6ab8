/** Code as coloured pieces, in chunks of lines: when a long block grows, only its last chunk is drawn again. */
import { memo, type ReactNode } from "react";
import type { Tokens } from "./highlight/tokens.js";

/** Lines drawn as one piece. */
const CHUNK_LINES = 40;

interface CodeLinesProps {
  code: string;
  /** Of the code or of its beginning; what has no colours yet is plain. */
  tokens: Tokens | undefined;
}

export function CodeLines({ code, tokens }: CodeLinesProps) {
  const chunks: ReactNode[] = [];
  let start = 0;
  let lines = 0;
  for (let at = 0; at <= code.length; at += 1) {
    const end = at === code.length;
    if (!end && code.charCodeAt(at) !== 10) continue;
    lines += 1;
    if (!end && lines < CHUNK_LINES) continue;
    const stop = end ? at : at + 1;
    chunks.push(<Chunk key={start} text={code.slice(start, stop)} start={start} tokens={tokens} />);
    start = stop;
    lines = 0;
  }
  return <code>{chunks}</code>;
}

interface ChunkProps {
  text: string;
  start: number;
  tokens: Tokens | undefined;
}

const Chunk = memo(
  function Chunk({ text, start, tokens }: ChunkProps) {
    if (!tokens) return text;
    const pieces: ReactNode[] = [];
    let at = start;
    for (const token of tokens.between(start, start + text.length)) {
      if (token.from > at) pieces.push(text.slice(at - start, token.from - start));
      pieces.push(
        <span key={token.from} className={token.kind}>
          {text.slice(token.from - start, token.to - start)}
        </span>,
      );
      at = token.to;
    }
    pieces.push(text.slice(at - start));
    return pieces;
  },
  (before, after) =>
    before.text === after.text &&
    before.start === after.start &&
    (before.tokens === after.tokens ||
      (before.tokens?.covers(before.start + before.text.length) === true &&
        after.tokens?.covers(before.start + before.text.length) === true &&
        after.tokens.continues(before.tokens))),
);
