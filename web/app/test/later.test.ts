import { afterEach, describe, expect, it, vi } from "vitest";
import { laterHttp } from "../src/account/later-http.js";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const asked = vi.fn((_address: string, _call: RequestInit) =>
    Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status, headers })),
  );
  vi.stubGlobal("fetch", asked);
  return asked;
}

describe("the HTTP side", () => {
  it("is asked as soon as it is loaded, the administrator's part too", async () => {
    const asked = answering(200, { version: "1" });
    expect(await laterHttp.site()).toEqual({ version: "1" });
    expect(asked.mock.calls[0]?.[0]).toMatch(/\/api\/v1\/site$/);
    await laterHttp.admin.health();
    expect(asked.mock.calls[1]?.[0]).toMatch(/\/api\/v1\/admin\/health$/);
  });

  it("knows nobody from a failure", async () => {
    answering(401, { code: "INVALID_AUTH", detail: "" });
    expect(await laterHttp.me()).toBeNull();
    answering(503, { code: "SERVICE_UNAVAILABLE", detail: "" });
    await expect(laterHttp.me()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  it("tells how long to wait, and never puts a secret into an address", async () => {
    const asked = answering(429, { code: "RATE_LIMITED", detail: "slow" }, { "retry-after": "7" });
    await expect(laterHttp.login("minji", "secret words")).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryAfter: 7000,
    });
    expect(String(asked.mock.calls[0]?.[0])).not.toContain("secret");
    answering(404, { code: "NOT_FOUND", detail: "" });
    expect(await laterHttp.lookInvite("CODE")).toBeNull();
  });
});
