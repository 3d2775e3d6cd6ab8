/** Shared documents. */
export * from "../../src/documents.js";
