import { AccountHttp } from "./account.js";
import { AdminHttp } from "./admin.js";
import { type RequestOptions, Requests } from "./request.js";
import type { Imported, Me } from "./types.js";

/** What `createHttp` takes; everything has a default in a browser. */
export interface HttpOptions extends RequestOptions {
  /**
   * Called when one has become someone else by a login or a sign-up, or nobody by a logout: `() => client.reauthenticate()`.
   *
   * Where there are no guests, nobody is refused only after a while; then `client.close()` for nobody shows it at once.
   */
  readonly onIdentity?: ((me: Me | null) => void) | undefined;
}

/** How a session is exported: to be read, or to be imported elsewhere. */
export type ExportFormat = "markdown" | "json";

/** Makes the HTTP side of a server. It asks nothing until it is asked. */
export function createHttp(options: HttpOptions = {}): MadangHttp {
  return new MadangHttp(options);
}

/** The HTTP side of a server. What fails, fails with a `MadangError`, as commands do. */
export class MadangHttp extends AccountHttp {
  /** What an administrator sees and does. */
  readonly admin: AdminHttp;

  constructor(options: HttpOptions) {
    const requests = new Requests(options);
    super(requests, (me) => options.onIdentity?.(me));
    this.admin = new AdminHttp(requests);
  }

  /** The address of a session's export, for a link that downloads it. */
  exportUrl(sessionId: string, format: ExportFormat): string {
    return this.requests.address(`/sessions/${encodeURIComponent(sessionId)}/export`, { format });
  }

  /** A session's export, as it comes in. */
  async exportSession(
    sessionId: string,
    format: ExportFormat,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const path = `/sessions/${encodeURIComponent(sessionId)}/export`;
    const answer = await this.requests.open(path, { query: { format }, headers: { Accept: "*/*" }, signal });
    return answer.body ?? new Blob([]).stream();
  }

  /** Makes sessions of an export: Madang's own, Claude's or ChatGPT's. At most 32 MiB of JSON. */
  importSessions(file: Blob | string, signal?: AbortSignal): Promise<Imported> {
    return this.requests.json("/sessions/import", { method: "POST", raw: file, signal });
  }
}

/** The link that an invite code is given to people as. The code stands after the `#`, so that no server logs it. */
export function inviteLink(code: string, origin: string = globalThis.location.origin): string {
  return `${origin}/join#${encodeURIComponent(code)}`;
}

/** The code in a link's fragment, or in text that someone pasted: a whole link or the code alone. Empty when there is none. */
export function inviteCodeOf(text: string): string {
  const code = text.trim().split("#").at(-1) ?? "";
  try {
    return decodeURIComponent(code);
  } catch {
    return "";
  }
}
