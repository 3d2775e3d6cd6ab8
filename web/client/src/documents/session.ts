import type { Ack, DocumentSummary } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { MadangError } from "../errors.js";
import type { DraftKeeper } from "./drafts.js";
import { DocumentStore } from "./store.js";

/** The number of the document that every session has. */
const MAIN = 1;

/** What a client's documents are made with. */
export interface DocumentsOptions {
  /** Keeps unsent edits over a reload; see `keepDraftsIn`. By default nothing does. */
  readonly keeper?: DraftKeeper | undefined;
}

/** The documents of all sessions of one client. */
export class ClientDocuments {
  readonly #client: MadangClient;
  readonly #options: DocumentsOptions;
  readonly #sessions = new Map<string, SessionDocuments>();

  constructor(client: MadangClient, options: DocumentsOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** Those of one session; the same object for the same id. */
  of(sessionId: string): SessionDocuments {
    let documents = this.#sessions.get(sessionId);
    if (documents === undefined) {
      documents = new SessionDocuments(this.#client, sessionId, this.#options);
      this.#sessions.set(sessionId, documents);
    }
    return documents;
  }
}

const known = new WeakMap<MadangClient, ClientDocuments>();

/** The documents of a client. The first call decides with which options. */
export function documentsOf(client: MadangClient, options?: DocumentsOptions): ClientDocuments {
  let documents = known.get(client);
  if (documents === undefined) {
    documents = new ClientDocuments(client, options);
    known.set(client, documents);
  }
  return documents;
}

/** The documents of one session: which there are is in its snapshot (`documents`), what they say is in their stores. */
export class SessionDocuments {
  readonly #client: MadangClient;
  readonly #sessionId: string;
  readonly #options: DocumentsOptions;
  readonly #stores = new Map<number, DocumentStore>();

  constructor(client: MadangClient, sessionId: string, options: DocumentsOptions) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#options = options;
  }

  /** A document by its number; the same store for the same number. By default the one that every session has. */
  document(number = MAIN): DocumentStore {
    let store = this.#stores.get(number);
    if (store === undefined) {
      store = new DocumentStore(this.#client, this.#sessionId, number, this.#options.keeper);
      this.#stores.set(number, store);
    }
    return store;
  }

  /** The document that has a name now; undefined if there is none, or the session is not followed. */
  find(name: string): DocumentSummary | undefined {
    return this.#client
      .session(this.#sessionId)
      .getSnapshot()
      .documents.find((one) => one.name === name);
  }

  /** Makes a document; gives its number. */
  async create(name: string, text?: string): Promise<number> {
    const said = text === undefined ? {} : { text };
    const ack = await this.#client.send("create_document", { session_id: this.#sessionId, name, ...said });
    if (ack.document === undefined) throw new MadangError("INTERNAL_ERROR", "The answer named no document.");
    return ack.document;
  }

  /** Gives a document another name. */
  rename(document: number, name: string): Promise<Ack> {
    return this.#client.send("rename_document", { session_id: this.#sessionId, document, name });
  }

  /** Deletes a document, for everyone. */
  remove(document: number): Promise<Ack> {
    return this.#client.send("delete_document", { session_id: this.#sessionId, document });
  }
}
