import type { ChangeSet } from "@codemirror/state";
import type { Selection } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { asMadangError, type MadangError } from "../errors.js";
import { newCommandId, systemClock } from "../surroundings.js";
import { Timer } from "../timer.js";
import {
  AROUND_CHANGE_BYTES,
  CHANGE_BYTES,
  CHANGE_SECTIONS,
  CURSOR_GAP_MS,
  HALF_PAIR_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
  SEND_GAP_MS,
} from "./limits.js";
import type { Mirror, Outgoing } from "./mirror.js";
import type { ChangeLimits } from "./split.js";
import { jsonOf } from "./text.js";

/** What a sender needs of its document. */
export interface SenderHost {
  readonly client: MadangClient;
  readonly sessionId: string;
  readonly document: number;
  /** The mirror, while the server has the document open for this connection. */
  live(): Mirror | null;
  /** Half a surrogate pair has been held back for long enough. */
  mend(): void;
  /** The server has had a change since before what is known here. */
  known(id: string, version: number): void;
  /** The server does not take a change, and won't. */
  refused(id: string, error: MadangError): void;
}

/** Sends what is typed, one change at a time, and where one is. */
export class Sender {
  readonly #host: SenderHost;
  /** The change that was sent on this connection and has no answer. */
  #waits: string | null = null;
  #tries = 0;
  readonly #gap = new Timer(systemClock);
  readonly #half = new Timer(systemClock);
  readonly #cursorGap = new Timer(systemClock);
  #selection: Selection | null = null;
  #said = true;

  constructor(host: SenderHost) {
    this.#host = host;
  }

  /** Sends what there is, unless something is on its way. */
  readonly flush = (): void => {
    const mirror = this.#host.live();
    if (mirror === null || this.#waits !== null || this.#gap.isSet) return;
    if (mirror.sent === null && !mirror.whole) {
      if (!this.#half.isSet) this.#half.set(HALF_PAIR_MS, () => this.#host.mend());
      return;
    }
    this.#half.clear();
    const change = mirror.take(this.#limits(), () => newCommandId(systemClock));
    if (change === null) this.#sayWhere(mirror);
    else this.#send(mirror, change);
  };

  /** The server has accepted what was sent. */
  confirmed(): void {
    this.#waits = null;
    this.#tries = 0;
    this.flush();
  }

  /** One is elsewhere in the text that is shown; null: nowhere. To be followed by `flush`. */
  select(selection: Selection | null): void {
    const old = this.#selection;
    if (old?.anchor === selection?.anchor && old?.head === selection?.head) return;
    this.#selection = selection;
    this.#said = selection === null;
  }

  /** The text that is shown was changed by others, and one's place with it; the server knows. */
  moved(change: ChangeSet): void {
    if (this.#selection === null) return;
    const { anchor, head } = this.#selection;
    this.#selection = { anchor: change.mapPos(anchor), head: change.mapPos(head) };
  }

  /** Commands don't flow, or the document is another: what was sent is to be sent again. */
  reset(): void {
    this.#waits = null;
    this.#tries = 0;
    this.#gap.clear();
    this.#half.clear();
    this.#cursorGap.clear();
    this.#said = this.#selection === null;
  }

  #send(mirror: Mirror, { id, change }: Outgoing): void {
    const { client, sessionId, document } = this.#host;
    this.#waits = id;
    this.#gap.set(SEND_GAP_MS, this.flush);
    const all = mirror.unsent?.buffer === null && this.#selection !== null;
    if (all) this.#said = true;
    const data = {
      session_id: sessionId,
      document,
      base_version: mirror.version,
      op_id: id,
      change: jsonOf(change),
      ...(all && this.#selection !== null ? { selection: this.#selection } : {}),
    };
    client.send("code_change", data, { onLoss: "fail" }).then(
      (ack) => {
        if (this.#waits === id && ack.version !== undefined) this.#host.known(id, ack.version);
      },
      (error: unknown) => {
        this.#failed(id, asMadangError(error));
      },
    );
  }

  #failed(id: string, error: MadangError): void {
    if (error.code === "CONNECTION_LOST" || error.code === "CLOSED") return;
    // A text that came before this answer has laid the change aside already: then only the reason is new.
    if (!error.recoverable || error.code === "STALE_BASE") {
      this.#host.refused(id, error);
      return;
    }
    if (this.#waits !== id) return;
    // It may have been carried out: its name keeps it from being carried out twice.
    const pause = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#tries, 10));
    this.#tries += 1;
    this.#gap.set(error.retryAfter ?? pause, () => {
      this.#waits = null;
      this.flush();
    });
  }

  /** Where one is can be said of a version alone, so not while something is under way. */
  #sayWhere(mirror: Mirror): void {
    if (this.#said || this.#selection === null || this.#cursorGap.isSet) return;
    const { client, sessionId, document } = this.#host;
    this.#said = true;
    this.#cursorGap.set(CURSOR_GAP_MS, this.flush);
    const data = {
      session_id: sessionId,
      document,
      selection: this.#selection,
      version: mirror.version,
    };
    client.send("cursor_update", data, { onLoss: "fail" }).catch(() => {});
  }

  #limits(): ChangeLimits {
    const limits = this.#host.client.server.getSnapshot()?.limits;
    return {
      bytes: limits === undefined ? CHANGE_BYTES : limits.message_bytes - AROUND_CHANGE_BYTES,
      sections: limits?.change_sections ?? CHANGE_SECTIONS,
    };
  }
}
