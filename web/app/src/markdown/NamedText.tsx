import { Fragment, use } from "react";
import { NamesContext, splitByNames } from "./names.js";

/** A piece of text with the people it names marked. */
export function NamedText({ text }: { text: string }) {
  const names = use(NamesContext);
  if (!names || !text.includes("@")) return text;
  return splitByNames(text, names).map((piece, index) =>
    typeof piece === "string" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places.
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      <span
        // biome-ignore lint/suspicious/noArrayIndexKey: as above.
        key={index}
        className={`mention ${piece.named.tone}${piece.named.own ? " mention-own" : ""}`}
      >
        {piece.text}
      </span>
    ),
  );
}
