/** The HTTP side. */
export * from "../../src/http.js";
