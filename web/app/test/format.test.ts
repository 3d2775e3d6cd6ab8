import { beforeAll, describe, expect, it } from "vitest";
import { ageOf, bytes, clock, dayName, daysAgo, duration, money, place } from "../src/i18n/format.js";
import { startLanguage, translate } from "../src/i18n/index.js";

const at = (text: string) => new Date(text).getTime();

beforeAll(() => startLanguage("en"));

describe("times", () => {
  it("counts days by the calendar, not by 24 hours", () => {
    expect(daysAgo(at("2026-11-21T23:59"), at("2026-11-22T00:01"))).toBe(1);
    expect(daysAgo(at("2026-11-22T00:01"), at("2026-11-22T23:59"))).toBe(0);
  });

  it("names days as people do", () => {
    const now = at("2026-11-22T12:00");
    expect(dayName(at("2026-11-22T01:00"), now, "en", translate)).toBe("Today");
    expect(dayName(at("2026-11-21T23:00"), now, "en", translate)).toBe("Yesterday");
    expect(dayName(at("2026-11-03T23:00"), now, "en", translate)).toBe("Tuesday, November 3");
    expect(dayName(at("2025-11-03T23:00"), now, "ko", translate)).toBe("2025년 11월 3일 월요일");
  });

  it("groups by age", () => {
    const now = at("2026-11-22T12:00");
    expect(
      ["2026-11-22T00:00", "2026-11-21T00:00", "2026-11-16T00:00", "2026-11-15T00:00"].map((day) =>
        ageOf(at(day), now),
      ),
    ).toEqual(["today", "yesterday", "week", "older"]);
  });

  it("says clock times and durations", () => {
    expect(clock(at("2026-11-22T14:05"), "en")).toMatch(/^2:05.PM$/);
    expect(duration(12_400, translate)).toBe("12 s");
    expect(duration(200, translate)).toBe("1 s");
    expect(duration(75_000, translate)).toBe("1 min 15 s");
  });
});

describe("numbers", () => {
  it("says places in words", async () => {
    expect([1, 2, 3, 4, 11, 21, 22, 103].map((n) => place(n, "en", translate))).toEqual([
      "1st",
      "2nd",
      "3rd",
      "4th",
      "11th",
      "21st",
      "22nd",
      "103rd",
    ]);
    await startLanguage("ko");
    expect([1, 2, 10].map((n) => place(n, "ko", translate))).toEqual(["첫 번째", "두 번째", "10번째"]);
  });

  it("keeps small sums readable", () => {
    expect(money(14_200, "en")).toBe("$0.01");
    expect(money(1_420, "en")).toBe("$0.0014");
    expect(money(0, "en")).toBe("$0.00");
    expect(money(2_500_000, "en")).toBe("$2.50");
  });

  it("says sizes", () => {
    expect(bytes(262_144, "en")).toBe("256 kB");
  });
});
