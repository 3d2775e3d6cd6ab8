import { describe, expect, it } from "vitest";
import { refusesMessage, verdictOf, waitBefore, whyOf } from "../src/reconnect.js";
import { DEFAULT_SETTINGS } from "../src/settings.js";

describe("close codes", () => {
  const ranges: [from: number, to: number, verdict: string][] = [
    [1000, 1015, "backoff"],
    [3000, 3999, "backoff"],
    [4000, 4099, "never"],
    [4100, 4199, "backoff"],
    [4200, 4299, "soon"],
    [4300, 4399, "backoff"],
    [4400, 4499, "never"],
    [4500, 4999, "backoff"],
  ];

  it.each(ranges)("cn6_codes_from_%i_to_%i_mean_%s", (from, to, verdict) => {
    for (let code = from; code <= to; code += 1) expect([code, verdictOf(code)]).toEqual([code, verdict]);
  });

  it("cn6_1008_and_1009_alone_refuse_the_message", () => {
    const refusing = Array.from({ length: 4000 }, (_, at) => at + 1000).filter(refusesMessage);
    expect(refusing).toEqual([1008, 1009]);
  });

  it("cn6_every_code_has_words", () => {
    expect(whyOf(4200, "x")).toEqual({ code: 4200, reason: "x", key: "restarting" });
    expect(whyOf(4042, "")).toEqual({ code: 4042, reason: "", key: "never_again" });
    expect(whyOf(4477, "")).toEqual({ code: 4477, reason: "", key: "never_again" });
    expect(whyOf(1006, "")).toEqual({ code: 1006, reason: "", key: "lost" });
  });
});

describe("back-off", () => {
  const wait = (
    failures: number,
    random: number,
    more: { verdict?: "backoff" | "soon"; hint?: number } = {},
  ) =>
    waitBefore(
      { verdict: more.verdict ?? "backoff", failures, hint: more.hint },
      DEFAULT_SETTINGS,
      () => random,
    );

  it("cn7_full_jitter_under_a_ceiling_from_half_a_second_to_twenty", () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 50, 5000].map((failures) => wait(failures, 0.999_999_9));
    expect(ceilings.map(Math.round)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000, 20_000,
    ]);
    expect(wait(3, 0.5)).toBe(2000);
    expect(wait(9, 0)).toBe(DEFAULT_SETTINGS.backoffLeastMs);
  });

  it("cn7_the_servers_hint_wins_within_reason", () => {
    expect(wait(0, 0.9, { hint: 7000 })).toBe(7000);
    expect(wait(9, 0.9, { hint: 0, verdict: "soon" })).toBe(0);
    expect(wait(0, 0.9, { hint: -5 })).toBe(0);
    expect(wait(0, 0.9, { hint: 1e12 })).toBe(DEFAULT_SETTINGS.hintMaxMs);
  });

  it("cn6_at_once_means_a_short_jitter_for_a_connection_that_worked", () => {
    expect(wait(0, 0.25, { verdict: "soon" })).toBe(250);
    expect(wait(4, 0.5, { verdict: "soon" })).toBe(4000);
  });
});
