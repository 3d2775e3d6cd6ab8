import { Fragment } from "react";
import { piecesOf } from "./snippet.js";

/** The text around a hit, with what matched marked. It is text, whatever stands in it. */
export function Snippet({ snippet }: { snippet: string }) {
  return piecesOf(snippet).map((piece, index) =>
    piece.matched ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places.
      <mark key={index}>{piece.text}</mark>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above.
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
}
