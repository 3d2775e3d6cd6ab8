/** Shared documents of a session: several people type in one text at once (DO). Needs `@codemirror/state`, whose changes travel. */
export { type Draft, type DraftKeeper, keepDraftsIn } from "./documents/drafts.js";
export {
  type ClientDocuments,
  type DocumentsOptions,
  documentsOf,
  type SessionDocuments,
} from "./documents/session.js";
export type {
  Conflict,
  DocumentSnapshot,
  DocumentStatus,
  RemoteCursor,
  Resolution,
} from "./documents/state.js";
export { DocumentStore, type DocumentView, type EditOptions } from "./documents/store.js";
