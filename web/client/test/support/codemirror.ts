/** The binding to CodeMirror. */
export * from "../../src/codemirror.js";
