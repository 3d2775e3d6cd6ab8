/** The bounds of what is kept, each with its reason and what happens beyond it. */

/** Commands kept or waiting at once; further ones fail with `OUTBOX_FULL`. */
export const OUTBOX_MAX = 256;
/** Commands of the chat class sent at once; the server's bucket holds 10 (CM5), two are left for other tabs. */
export const CHAT_BURST = 8;
/** Milliseconds in which one more of them may be sent; the server's bucket gains one in 100 ms (CM5). */
export const CHAT_REFILL_MS = 125;
/** Times a command refused with RATE_LIMITED is sent again before its caller is told. */
export const RATE_LIMIT_TRIES = 5;
/** Sessions that one `hello` resumes and one connection follows; the server refuses more. */
export const FOLLOWED_MAX = 32;
/** Session stores kept for a quick return after their last reader has left; the oldest goes first. */
export const CACHED_SESSIONS_MAX = 32;
/** Searches of the list of sessions kept; the oldest without reader goes first. */
export const CACHED_LISTS_MAX = 16;
/** Sessions asked for in one page of the list. */
export const LIST_PAGE = 50;
/** Sessions asked for at once when a longer list is renewed; the server gives no more. */
export const LIST_PAGE_MAX = 100;
/** Messages asked for in one page of history. */
export const HISTORY_PAGE = 50;
/** Times in a row that a session is asked for afresh at once; after that with growing pauses. */
export const RESYNC_AT_ONCE = 2;
/** Milliseconds in which one says at most once that one types; half of the 6 s that it holds, so that it never lapses meanwhile. */
export const TYPING_AGAIN_MS = 3_000;
/** Milliseconds that a read mark is held back, so that scrolling moves it once. */
export const READ_MARK_MS = 300;
/** Sessions offered to one by invitation and kept; the oldest goes first. */
export const OFFERS_MAX = 100;
