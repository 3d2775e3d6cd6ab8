/** A Monaco editor on a shared document. Monaco itself is not needed here: a model is anything of the shape of `MonacoModel`. */
export {
  bindMonaco,
  type MonacoBinding,
  type MonacoBindingOptions,
  type PlacedCursor,
} from "./monaco/binding.js";
export type {
  MonacoChange,
  MonacoContentEvent,
  MonacoEdit,
  MonacoModel,
  MonacoPosition,
  MonacoRange,
} from "./monaco/model.js";
