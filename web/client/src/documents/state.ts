import type { Selection } from "@madang/protocol";
import type { MadangError } from "../errors.js";

/** How a document stands. */
export type DocumentStatus =
  /** Nobody has opened it. */
  | { readonly status: "closed" }
  /** Asked for; there is no text yet. */
  | { readonly status: "loading" }
  /** The server has on disk all that one typed. */
  | { readonly status: "saved" }
  /** Something is on its way. */
  | { readonly status: "saving" }
  /** There is no connection; one can go on typing, and what is `unsent` is sent when it is back. */
  | { readonly status: "offline"; readonly unsent: boolean }
  /** Edits could not be taken in; they are offered in `conflicts`, and what is typed meanwhile is sent. */
  | { readonly status: "conflict" }
  /** There is no such document any more, or none that one may know of. */
  | { readonly status: "gone"; readonly error: MadangError }
  /** Not allowed. */
  | { readonly status: "forbidden"; readonly error: MadangError }
  /** It could not be had; it is asked for again by itself. */
  | { readonly status: "failed"; readonly error: MadangError };

/** Edits of one's own that the server did not take, kept until one decides. */
export interface Conflict {
  readonly id: string;
  /** The text that they were made in. Null when that is not known any more, after a reload. */
  readonly base: string | null;
  /** The text with them; where `base` is null, what was typed alone. */
  readonly mine: string;
  /** Why they were not taken; null when too much has happened since. */
  readonly error: MadangError | null;
}

/** What is made of a conflict: nothing; one's own text instead of what is there; or one's edits in what is there. */
export type Resolution = "theirs" | "mine" | "merged";

/** Where someone else is in the text that is shown. */
export interface RemoteCursor extends Readonly<Selection> {
  readonly userId: string;
  /** The name shown; empty while it is not known. */
  readonly name: string;
  /** As CSS. */
  readonly color: string;
}

/** A document but for its text. Immutable; a field that has not changed is the same object as before. */
export interface DocumentSnapshot {
  readonly sessionId: string;
  readonly document: number;
  /** Its name, by which its language is known; empty while it is not known. */
  readonly name: string;
  /** The server's version that is here; 0 before there is one. */
  readonly version: number;
  readonly state: DocumentStatus;
  /** Where the others are. */
  readonly cursors: readonly RemoteCursor[];
  /** Oldest first. */
  readonly conflicts: readonly Conflict[];
}
