import type { CodeChanged, DocumentCursor, DocumentResumed, DocumentState } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { MadangError } from "../errors.js";
import type { Envelope, EventType } from "../types.js";
import type { DocumentSnapshot } from "./state.js";

/** What is heard of one document. */
export interface DocumentEvents {
  /** The text whole; `answers` when it was asked for. */
  state(data: DocumentState, answers: boolean): void;
  resumed(data: DocumentResumed): void;
  changed(data: CodeChanged): void;
  /** It has to be opened again. */
  closed(): void;
  /** There is none any more. */
  ended(why: MadangError): void;
  cursor(cursor: DocumentCursor, version: number): void;
  left(userId: string): void;
  renamed(name: string): void;
  /** The people of the session are others, or have other names. */
  people(): void;
}

/** Hears what the server says of one document, until the returned function is called. */
export function hearDocument(
  client: MadangClient,
  { sessionId, document }: Pick<DocumentSnapshot, "sessionId" | "document">,
  events: DocumentEvents,
): () => void {
  type Named = { readonly session_id?: string; readonly document?: number };
  const here = (data: Named, envelope: Envelope) =>
    (data.session_id ?? envelope.session_id) === sessionId && data.document === document;
  const on = <T extends EventType>(
    type: T,
    run: (data: Envelope<T>["data"], envelope: Envelope<T>) => void,
  ) =>
    client.on(type, (data, envelope) => {
      if (here(data as Named, envelope)) run(data, envelope);
    });
  const goneWith = (type: "session_deleted" | "removed") =>
    client.on(type, (data) => {
      if (data.session_id === sessionId) events.ended(new MadangError("NOT_FOUND", "The session is gone."));
    });
  const stops = [
    on("document_state", (data, { correlation_id }) => events.state(data, correlation_id !== undefined)),
    on("document_resumed", (data) => events.resumed(data)),
    on("code_changed", (data) => events.changed(data)),
    on("document_closed", () => events.closed()),
    on("document_deleted", () => events.ended(new MadangError("NOT_FOUND", "The document was deleted."))),
    on("document_renamed", ({ name }) => events.renamed(name)),
    on("cursor_moved", ({ user_id, position, selection, color, version }) =>
      events.cursor({ user_id, position, selection, color }, version),
    ),
    on("cursor_removed", ({ user_id }) => events.left(user_id)),
    goneWith("session_deleted"),
    goneWith("removed"),
    client.session(sessionId).subscribe(() => events.people()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
