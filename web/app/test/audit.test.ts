import { AUDIT_KINDS } from "@madang/protocol";
import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../src/account/types.js";
import { detailsOf, kindWords } from "../src/admin/audit-words.js";
import en from "../src/i18n/more.en.json";
import ko from "../src/i18n/more.ko.json";
import { wordsOf } from "../src/i18n/words.js";

const record = (kind: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
  position: 1,
  at: 0,
  actor: "usr_1",
  kind,
  session: null,
  target: null,
  details: {},
  address: null,
  ...more,
});
const catalogues: Record<string, Record<string, string>> = { en, ko };
const speak = (language: "en" | "ko") => (key: string, values?: Record<string, string | number>) =>
  wordsOf(catalogues[language] ?? {}, language, key, values);
const details = (given: object) =>
  detailsOf(record("refused", { details: given }), "en", speak("en")).map(
    ({ label, words, id }) => `${label}: ${words ?? id}`,
  );

describe("the audit log in words", () => {
  const kinds: readonly string[] = AUDIT_KINDS;

  it("has a sentence for every kind that the server has, in both languages, and for no other", () => {
    expect(kinds.length).toBeGreaterThan(20);
    for (const catalogue of [en, ko]) {
      const said = Object.keys(catalogue).filter((key) => key.startsWith("audit.kind."));
      expect(said.sort()).toEqual(kinds.map((kind) => `audit.kind.${kind}`).sort());
    }
  });

  it("says no kind as a code, and an unknown one as the server does", () => {
    for (const kind of kinds) {
      expect(kindWords(record(kind), speak("en"))).not.toBe(kind);
      expect(kindWords(record(kind), speak("ko"))).toMatch(/[가-힣]/);
    }
    expect(kindWords(record("moon.landed"), speak("en"))).toBe("moon.landed");
  });

  it("tells leaving from being removed", () => {
    const of = (target: string) => kindWords(record("member.removed", { target }), speak("en"));
    expect(of("usr_1")).toBe("Left a session");
    expect(of("usr_2")).toBe("Removed somebody from a session");
  });

  it("says the details that it knows in words, and shows the others as they are", () => {
    expect(details({ role: "viewer", rights: ["prompt", "invite"], invite_id: null })).toEqual([
      "Role: Viewer",
      "May also: Ask Claude, Invite people",
    ]);
    expect(details({ fields: ["display_name", "hat"], admin: true, rights: [] })).toEqual([
      "Changed: name, hat",
      "Administrator: yes",
    ]);
    expect(details({ what: "GET /api/v1/admin/users", times: 12 })).toEqual([
      "Asked for: GET /api/v1/admin/users",
      "Times: 12",
    ]);
    expect(details({ budget: { tokens: 50, period: "day" } })[0]).toContain("each day");
    expect(details({ moon: { full: true }, toString: "x" })).toEqual(['moon: {"full":true}', "toString: x"]);
    expect(detailsOf(record("refused", { details: null }), "en", speak("en"))).toEqual([]);
  });
});
