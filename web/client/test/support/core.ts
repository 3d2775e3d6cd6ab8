/** What nobody can do without. */
export { createClient } from "../../src/index.js";
