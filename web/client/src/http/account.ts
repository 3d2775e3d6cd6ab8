import type { Call, Requests } from "./request.js";
import type {
  ApiToken,
  Bootstrap,
  InviteLook,
  LinkedIdentities,
  Login,
  Me,
  MeChange,
  NewApiToken,
  SignUp,
  Site,
  TokenWish,
} from "./types.js";

/** Who one is: signing in and out, one's profile, logins and tokens. */
export class AccountHttp {
  protected readonly requests: Requests;
  readonly #changed: (me: Me | null) => void;

  /** `changed` is called when one has become someone else, or nobody. */
  constructor(requests: Requests, changed: (me: Me | null) => void) {
    this.requests = requests;
    this.#changed = changed;
  }

  /** What the server says of itself to anyone. */
  site(signal?: AbortSignal): Promise<Site> {
    return this.requests.json("/site", { signal });
  }

  /** Oneself; null when one is nobody here. Never makes one a guest. */
  async me(signal?: AbortSignal): Promise<Me | null> {
    try {
      return await this.requests.json<Me>("/me", { signal });
    } catch (error) {
      if (isNobody(error)) return null;
      throw error;
    }
  }

  /** Changes one's profile. */
  updateMe(change: MeChange): Promise<Me> {
    return this.requests.json("/me", { method: "PATCH", body: change });
  }

  /** Signs in. INVALID_AUTH for a wrong name or password, RATE_LIMITED after too many. */
  login(name: string, password: string): Promise<Me> {
    return this.#become("/login", { name, password });
  }

  /** Signs out in this browser. */
  async logout(): Promise<void> {
    await this.requests.json("/logout", { method: "POST" });
    this.#changed(null);
  }

  /** Makes an account and signs in. FORBIDDEN where sign-up is closed, NOT_FOUND for a bad code, CONFLICT for a taken name. */
  signUp(data: SignUp): Promise<Me> {
    return this.#become("/sign-up", data);
  }

  /** Makes the first administrator and signs in; works once. */
  bootstrap(data: Bootstrap): Promise<Me> {
    return this.#become("/bootstrap", data);
  }

  /** Changes one's password; ends all other logins and all tokens. `old` is left out where there is none yet. */
  changePassword(password: { readonly old?: string | undefined; readonly new: string }): Promise<void> {
    return this.requests.json("/me/password", { method: "POST", body: password });
  }

  /** Where one is signed in. */
  async logins(): Promise<readonly Login[]> {
    return (await this.requests.json<{ logins: Login[] }>("/me/logins")).logins;
  }

  /** Ends one login. */
  endLogin(loginId: string): Promise<void> {
    return this.requests.json(`/me/logins/${encodeURIComponent(loginId)}`, { method: "DELETE" });
  }

  /** Ends all other logins, or all. */
  async endLogins(which: "others" | "all" = "others"): Promise<void> {
    const query = which === "all" ? { all: true } : {};
    await this.requests.json("/me/logins", { method: "DELETE", query });
    if (which === "all") this.#changed(null);
  }

  /** The identities elsewhere that are linked to one's account. */
  identities(): Promise<LinkedIdentities> {
    return this.requests.json("/me/identities");
  }

  /** Takes one away. CONFLICT for the last way in. Signing in with a provider is how one is added: `oidcLink`. */
  unlinkIdentity(identityId: string): Promise<void> {
    return this.requests.json(`/me/identities/${encodeURIComponent(identityId)}`, { method: "DELETE" });
  }

  /** One's personal tokens. */
  async tokens(): Promise<readonly ApiToken[]> {
    return (await this.requests.json<{ tokens: ApiToken[] }>("/me/tokens")).tokens;
  }

  /** Makes a personal token; its secret is in the answer, this once. */
  createToken(wish: TokenWish): Promise<NewApiToken> {
    return this.requests.json("/me/tokens", { method: "POST", body: wish });
  }

  /** Ends a token. */
  revokeToken(tokenId: string): Promise<void> {
    return this.requests.json(`/me/tokens/${encodeURIComponent(tokenId)}`, { method: "DELETE" });
  }

  /** What an invite link lets one into; null for a code that lets nobody in. */
  async lookInvite(code: string): Promise<InviteLook | null> {
    try {
      return await this.requests.json<InviteLook>("/invites/look", { method: "POST", body: { code } });
    } catch (error) {
      if (isCode(error, "NOT_FOUND")) return null;
      throw error;
    }
  }

  /** The address at which signing in with an identity provider begins; to be navigated to. */
  oidcStart(providerId: string, returnTo = "/"): string {
    return this.requests.address(`/oidc/${encodeURIComponent(providerId)}/start`, { return_to: returnTo });
  }

  /**
   * Begins to add an identity of a provider to one's account; gives the address to navigate to. The browser comes back
   * to `/settings?linked=ID`, or to `/login?error=CODE` where it did not come to that.
   */
  async oidcLink(providerId: string): Promise<string> {
    const path = `/oidc/${encodeURIComponent(providerId)}/link`;
    return (await this.requests.json<{ location: string }>(path, { method: "POST" })).location;
  }

  async #become(path: string, body: Call["body"]): Promise<Me> {
    const me = await this.requests.json<Me>(path, { method: "POST", body });
    this.#changed(me);
    return me;
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

function isNobody(error: unknown): boolean {
  return isCode(error, "INVALID_AUTH") || isCode(error, "TOKEN_EXPIRED");
}
