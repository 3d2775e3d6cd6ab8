import { MadangError } from "./errors.js";
import type { Credential } from "./types.js";

/** Where a server listens when the page says nothing else. */
const SOCKET_PATH = "/ws";
/** Where a token is exchanged for a ticket (CN1). */
const TICKETS_PATH = "/api/v1/tickets";

/** The server of the page, as an address for a socket. */
export function addressOfPage(): string {
  if (typeof location === "undefined" || location.host === "") {
    throw new TypeError("createClient needs a `url` where there is no page.");
  }
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${SOCKET_PATH}`;
}

/** The address with the credential in it: only a ticket, which works once, ever stands in an address. */
export async function addressWith(
  url: string,
  credential: Credential,
  fetcher: typeof fetch | undefined,
): Promise<string> {
  if (credential === null) return url;
  const ticket = "ticket" in credential ? credential.ticket : await exchange(url, credential.token, fetcher);
  const address = new URL(url);
  address.searchParams.set("ticket", ticket);
  return address.href;
}

async function exchange(url: string, token: string, fetcher: typeof fetch | undefined): Promise<string> {
  if (fetcher === undefined) throw new TypeError("A token needs `fetch`; give one, or a ticket.");
  const address = new URL(TICKETS_PATH, url);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  const answer = await fetcher(address.href, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
  if (answer.status === 401 || answer.status === 403) {
    throw new MadangError("INVALID_AUTH", "The credential was refused.");
  }
  if (!answer.ok) {
    throw new MadangError("SERVICE_UNAVAILABLE", `No ticket: HTTP ${answer.status}.`, { recoverable: true });
  }
  const body: unknown = await answer.json();
  const ticket = typeof body === "object" && body !== null && "ticket" in body ? body.ticket : undefined;
  if (typeof ticket !== "string") throw new MadangError("INTERNAL_ERROR", "The answer held no ticket.");
  return ticket;
}
