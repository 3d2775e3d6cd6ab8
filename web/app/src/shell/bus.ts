/** Requests from anywhere to the one part that can carry them out: the composer, the conversation. */

export interface Requests {
  /** Put the focus into the composer. */
  focusComposer: undefined;
  /** Send what is in the composer. */
  send: undefined;
  /** Stop Claude, if it writes. */
  stop: undefined;
  /** Go to the next (1) or previous (-1) message. */
  step: 1 | -1;
  /** Scroll the conversation by a page, down (1) or up (-1). */
  page: 1 | -1;
  /** Edit the message with this id. */
  editLast: string;
  /** Put these words into the composer. */
  write: string;
  /** Answer the message with this id. */
  reply: string;
  /** Show who is here. */
  people: undefined;
  /** Tell what happened since this message, or since one was last here. */
  catchUp: string | undefined;
  /** Ask people in. */
  invite: undefined;
}

type Listener<K extends keyof Requests> = (what: Requests[K]) => void;
const listeners = new Map<keyof Requests, Set<(what: never) => void>>();

export function request<K extends keyof Requests>(name: K, what: Requests[K]): void {
  for (const listener of listeners.get(name) ?? []) (listener as Listener<K>)(what);
}

export function onRequest<K extends keyof Requests>(name: K, listener: Listener<K>): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set);
  set.add(listener);
  return () => set.delete(listener);
}
