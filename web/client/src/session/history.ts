import { asMadangError } from "../errors.js";
import { HISTORY_PAGE } from "../limits.js";
import type { StoreHost } from "./host.js";
import type { SessionModel } from "./model.js";
import type { SessionSnapshot } from "./state.js";

/** Fetches what a snapshot left out of the transcript, one page at a time. */
export class HistoryLoader {
  readonly #sessionId: string;
  readonly #host: StoreHost;
  readonly #changed: () => void;
  state: SessionSnapshot["history"] = "idle";

  constructor(sessionId: string, host: StoreHost, changed: () => void) {
    this.#sessionId = sessionId;
    this.#host = host;
    this.#changed = changed;
  }

  /** Loads the page before the first message shown. */
  async older(model: SessionModel): Promise<void> {
    const first = model.transcript.path[0];
    if (model.transcript.hasMore && first !== undefined) await this.#load(model, first.message_id);
  }

  /** Loads the newest page of the branch that is chosen now, if it is not known far enough. */
  branch(model: SessionModel): void {
    if (model.wantedHead !== null) this.#load(model, undefined).catch(() => {});
  }

  async #load(model: SessionModel, before: string | undefined): Promise<void> {
    if (this.state === "loading") return;
    this.state = "loading";
    this.#changed();
    const data = {
      session_id: this.#sessionId,
      limit: HISTORY_PAGE,
      ...(before === undefined ? {} : { before }),
    };
    try {
      const page = await this.#host.send("get_history", data);
      const newest = before === undefined ? page.messages.at(-1)?.message_id : undefined;
      model.transcript.merge(page.messages, page.branches, newest);
      if (newest !== undefined) model.wantedHead = null;
      this.state = "idle";
    } catch (error) {
      this.state = "failed";
      throw asMadangError(error);
    } finally {
      this.#changed();
    }
  }
}
