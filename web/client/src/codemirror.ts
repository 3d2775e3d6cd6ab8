/** A CodeMirror 6 editor on a shared document. Needs `@codemirror/state` and `@codemirror/view`. */
export { type BindingOptions, bindDocument, fromElsewhere } from "./codemirror/binding.js";
export { type Caret, caretsField, setCarets } from "./codemirror/carets.js";
