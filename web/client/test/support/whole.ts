/** Everything, as an app would take it at most. */
export * from "../../src/index.js";
