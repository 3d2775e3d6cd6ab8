/** The bounds of documents on this side, each with its reason and what happens beyond it. */

/** Milliseconds between two changes sent; below the server's 60 a second (CM5), so that none is refused. */
export const SEND_GAP_MS = 25;
/** Milliseconds between two words about where one is; more than that nobody sees. */
export const CURSOR_GAP_MS = 50;
/** Milliseconds that half a surrogate pair is held back for its other half; then it is replaced by U+FFFD. */
export const HALF_PAIR_MS = 500;
/** Bytes of a message that a change leaves to what goes around it: ids, a selection, names. */
export const AROUND_CHANGE_BYTES = 4_096;
/** Bytes of a change, sections of a change, while the server's limits are not known. */
export const CHANGE_BYTES = 128 * 1024;
export const CHANGE_SECTIONS = 10_000;
/** Conflicts kept of one document; the oldest goes first. */
export const CONFLICTS_MAX = 20;
/** Documents whose unsent edits are kept over a reload; the oldest goes first. */
export const DRAFTS_MAX = 32;
/** Milliseconds of the first and of the longest pause before something is tried again. */
export const RETRY_FIRST_MS = 500;
export const RETRY_MAX_MS = 20_000;
