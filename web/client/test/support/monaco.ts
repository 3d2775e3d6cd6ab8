/** The binding to Monaco. */
export * from "../../src/monaco.js";
