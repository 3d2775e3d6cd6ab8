import { errorFrom, MadangError } from "../errors.js";

/** Where the server's API is. */
export const API = "/api/v1";

/** What a request needs to know. */
export interface RequestOptions {
  /** The server: `https://host`; by default the page's own. Cookies go to the page's own alone: for another, give a token. */
  readonly url?: string | undefined;
  /** Asked before each request; what it gives goes into `Authorization`. Without it, the login cookie counts. */
  readonly token?: (() => Promise<string | null>) | undefined;
  /** By default the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** One request. */
export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Query parameters; what is undefined is left out. No secret ever stands here. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** JSON that is text already; sent as it is. */
  readonly raw?: Blob | string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes requests of one server, and errors of its refusals. */
export class Requests {
  readonly #options: RequestOptions;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** The full address of a path of the API. */
  address(path: string, query: Call["query"] = {}): string {
    const base = this.#options.url ?? globalThis.location?.origin;
    if (base === undefined) throw new TypeError("`createHttp` needs a `url` where there is no page.");
    const address = new URL(API + path, base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== "") address.searchParams.set(name, String(value));
    }
    return address.href;
  }

  /** Asks, and reads the JSON of the answer; undefined where there is none. */
  async json<T>(path: string, call: Call = {}): Promise<T> {
    const answer = await this.open(path, call);
    if (answer.status === 204) return undefined as T;
    try {
      return (await answer.json()) as T;
    } catch (error) {
      throw lost(error, call.signal);
    }
  }

  /** Asks, and gives the answer with its body unread. */
  async open(path: string, call: Call = {}): Promise<Response> {
    const send = this.#options.fetch ?? globalThis.fetch;
    const token = (await this.#options.token?.()) ?? null;
    const address = this.address(path, call.query);
    const body = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    let answer: Response;
    try {
      answer = await send(address, {
        method: call.method ?? "GET",
        credentials: "same-origin",
        headers: {
          Accept: "application/json",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...call.headers,
        },
        ...(body === undefined ? {} : { body }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      throw lost(error, call.signal);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

/** Makes the error that a refusal tells of: our problem document, or whatever a proxy in between said. */
async function refusal(answer: Response): Promise<MadangError> {
  const problem: unknown = await answer.json().catch(() => undefined);
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const after = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  if (
    typeof problem === "object" &&
    problem !== null &&
    "code" in problem &&
    typeof problem.code === "string"
  ) {
    const { detail, title, retry_after = after, ...rest } = problem as Record<string, unknown>;
    return errorFrom({ ...rest, message: detail ?? title, retry_after } as Parameters<typeof errorFrom>[0]);
  }
  const known = answer.status < 500 ? BY_STATUS.get(answer.status) : undefined;
  return new MadangError(known ?? "SERVICE_UNAVAILABLE", `HTTP ${answer.status}.`, {
    retryAfter: after,
    recoverable: known === undefined || known === "RATE_LIMITED",
  });
}

/** The code of a refusal that doesn't say its own. */
const BY_STATUS: ReadonlyMap<number, MadangError["code"]> = new Map([
  [401, "INVALID_AUTH"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [413, "TOO_BIG"],
  [429, "RATE_LIMITED"],
] as const);

/** No answer came: the network, or the caller, ended it. */
function lost(error: unknown, signal: AbortSignal | undefined): MadangError {
  if (signal?.aborted === true) return new MadangError("ABORTED", "The request was taken back.");
  const message = error instanceof Error ? error.message : String(error);
  return new MadangError("CONNECTION_LOST", message, { recoverable: true });
}
