import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "../src/i18n/en.json";
import {
  chooseLanguage,
  currentLanguage,
  preferredLanguage,
  startLanguage,
  translate,
} from "../src/i18n/index.js";
import ko from "../src/i18n/ko.json";
import moreEn from "../src/i18n/more.en.json";
import moreKo from "../src/i18n/more.ko.json";
import { wordsOf } from "../src/i18n/words.js";

const english: Record<string, string> = { ...en, ...moreEn };
const korean: Record<string, string> = { ...ko, ...moreKo };
const holes = (text: string | undefined) =>
  [...(text ?? "").matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) ? [readFileSync(path, "utf8")] : [];
  });
}

describe("the catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(korean).sort()).toEqual(Object.keys(english).sort());
  });

  it("say nothing twice, and the same in both halves", () => {
    expect(Object.keys(en).filter((key) => key in moreEn)).toEqual([]);
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
  });

  it("have what is said first in the first half", () => {
    const first = ["shell", "head", "conversation", "composer", "sessions", "search", "session", "ui"]
      .flatMap((folder) => sources(join(import.meta.dirname, "../src", folder)))
      // A dialog that comes with its words.
      .filter((code) => !code.includes("function HistoryDialog"))
      .join("\n");
    const late = Object.keys(moreEn).map((key) => key.replace(/_(?:one|other)$/, ""));
    expect(late.filter((key) => first.includes(`"${key}"`))).toEqual([]);
  });

  it("have the same holes, and no empty words", () => {
    for (const key of Object.keys(english)) {
      expect(holes(korean[key]), key).toEqual(holes(english[key]));
      expect(korean[key]?.trim(), key).not.toBe("");
    }
  });

  it("hold back: no exclamation marks, no blame", () => {
    for (const words of [...Object.values(english), ...Object.values(korean)]) {
      expect(words).not.toMatch(/[!！]|invalid|illegal|you must|잘못/i);
    }
  });

  it("say what the design says", () => {
    expect(english["connection.reconnecting"]).toBe("Reconnecting in {{seconds}} s. What you wrote is kept.");
    expect(korean["connection.reconnecting"]).toBe("{{seconds}}초 뒤 다시 연결해요. 쓴 글은 그대로 있어요.");
    expect(korean["connection.offline"]).toBe("오프라인이에요. 다시 연결되면 메시지를 보낼게요.");
    expect(korean["reply.interrupted"]).toBe("서버가 다시 시작되면서 답변이 끊겼어요. 이어서 쓸까요?");
    expect(korean["session.readonly"]).toBe("읽을 수만 있어요. 쓰려면 소유자에게 요청하세요.");
    expect(korean["error.BUDGET_EXCEEDED"]).toBe("이 세션의 오늘 예산을 다 썼어요.");
  });

  it("have no word that nobody says", () => {
    const code = sources(join(import.meta.dirname, "../src")).join("\n");
    const templates = [...code.matchAll(/t\(\s*`([\w.]+\.)\$\{/g)].map(([, stem]) => stem ?? "");
    const unused = Object.keys(english)
      .map((key) => key.replace(/_(?:one|other)$/, ""))
      .filter((key) => !code.includes(`"${key}"`) && !templates.some((stem) => key.startsWith(stem)));
    expect(unused).toEqual([]);
  });
});

describe("the language", () => {
  it("is the one chosen, else the browser's, else English", () => {
    expect(preferredLanguage(undefined, "ko-KR")).toBe("ko");
    expect(preferredLanguage("en", "ko-KR")).toBe("en");
    expect(preferredLanguage(undefined, "fr")).toBe("en");
  });

  it("fills holes and counts", async () => {
    await startLanguage("en");
    expect(translate("people.label", { count: 1, names: "Minji" })).toBe("1 person in this session: Minji");
    await startLanguage("ko");
    expect(translate("reply.stopped", { name: "민지" })).toBe("민지 님이 멈췄어요.");
  });

  it("fills a hole with what is given, not with what that looks like", () => {
    const catalogue = {
      hello: "{{name}} and {{other}}",
      n_one: "{{count}} line",
      n_other: "{{count}} lines",
    };
    expect(wordsOf(catalogue, "en", "hello", { name: "{{other}}", other: "$&" })).toBe("{{other}} and $&");
    expect(wordsOf(catalogue, "en", "hello", { name: "Minji" })).toBe("Minji and {{other}}");
    expect(wordsOf(catalogue, "en", "hello", { name: "__proto__", other: "<b>" })).toBe("__proto__ and <b>");
    expect([0, 1, 2].map((count) => wordsOf(catalogue, "en", "n", { count }))).toEqual([
      "0 lines",
      "1 line",
      "2 lines",
    ]);
    expect(wordsOf(catalogue, "ko", "n", { count: 1 })).toBe("1 lines");
    expect(wordsOf(catalogue, "en", "nothing")).toBe("nothing");
  });

  it("is the one wished for last, whichever catalogue comes first", async () => {
    await Promise.all([chooseLanguage("en", false), chooseLanguage("ko", false)]);
    expect(currentLanguage()).toBe("ko");
    await startLanguage("en");
    expect(document.documentElement.lang).toBe("en");
  });
});
