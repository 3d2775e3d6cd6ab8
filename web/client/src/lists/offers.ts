import type { Invited } from "@madang/protocol";
import { OFFERS_MAX } from "../limits.js";
import { Cell } from "../listeners.js";
import type { Envelope } from "../types.js";

/** The sessions that one was asked into and has not entered, newest first (SE7). */
export class Offers extends Cell<readonly Invited[]> {
  /** Takes in an event that may be about one of them. Called by the client. */
  receive({ type, data }: Envelope, sessionId: string | undefined): void {
    if (type === "invited") this.#put(data as Invited);
    else if (type === "session_changed" || type === "removed" || type === "session_deleted") {
      this.forget(sessionId);
    }
  }

  /** Takes one out of sight, here alone. */
  forget(sessionId: string | undefined): void {
    const left = this.getSnapshot().filter((one) => one.session_id !== sessionId);
    if (left.length < this.getSnapshot().length) this.set(left);
  }

  #put(offer: Invited): void {
    const others = this.getSnapshot().filter((one) => one.session_id !== offer.session_id);
    this.set([offer, ...others].slice(0, OFFERS_MAX));
  }
}
