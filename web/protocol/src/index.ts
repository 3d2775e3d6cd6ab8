/** The vocabulary of Madang's wire, generated from the server's own types. */
export * from "./generated.js";
