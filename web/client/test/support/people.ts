/** What is rarely done with a session. */
export * from "../../src/people.js";
