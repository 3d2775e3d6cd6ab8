/** The hook for shared documents; apart, since it needs what `@madang/client/documents` needs. */
export { type SharedDocument, useDocument } from "./useDocument.js";
