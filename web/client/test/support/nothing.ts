/** Imports the package and uses nothing of it. */
import "../../src/index.js";

export const nothing = 1;
