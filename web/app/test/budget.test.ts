// @vitest-environment node
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { beforeAll, describe, expect, it } from "vitest";

/** KiB of compressed script before the first paint, and until a message can be read as Markdown. */
const FIRST_PAINT_KIB = 120;
const READING_KIB = 180;
const BUILD_MS = 60_000;

type Chunk = Rollup.OutputChunk;
let chunks: Map<string, Chunk>;
let texts: { name: string; text: string }[];

beforeAll(async () => {
  const root = join(import.meta.dirname, "..");
  // Vitest says "test", and React would come as its development build.
  process.env["NODE_ENV"] = "production";
  const built = (await build({
    root,
    mode: "production",
    logLevel: "error",
    build: { write: false },
  })) as Rollup.RollupOutput;
  chunks = new Map(
    built.output
      .filter((file): file is Chunk => file.type === "chunk")
      .map((chunk) => [chunk.fileName, chunk]),
  );
  texts = built.output.map((file) => ({
    name: file.fileName,
    text: file.type === "chunk" ? file.code : String(file.source),
  }));
}, BUILD_MS);

/** A chunk and everything that it can't start without. */
function needed(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const other of chunks.get(name)?.imports ?? []) needed(other, found);
  return found;
}

const kib = (names: Iterable<string>) =>
  [...names].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "").length, 0) / 1024;

const entry = () => [...chunks.values()].find((chunk) => chunk.isEntry)?.fileName ?? "";
const named = (part: string) => [...chunks.keys()].filter((name) => name.includes(`/${part}-`));

/** What shows messages: the first paint, the conversation, their Markdown. */
function reading(): Set<string> {
  const found = needed(entry());
  for (const part of ["Conversation", "Markdown"]) {
    const name = named(part)[0];
    if (name === undefined) throw new Error(`the build has no ${part} of its own`);
    needed(name, found);
  }
  return found;
}

describe("the build", () => {
  it("paints first with at most 120 KiB of script, words included", () => {
    const first = new Set([...needed(entry()), ...named("ko")]);
    expect(first.size).toBeGreaterThan(1);
    expect(kib(first)).toBeLessThan(FIRST_PAINT_KIB);
  });

  it("shows a conversation in Markdown with at most 180 KiB, words included", () => {
    expect(kib([...reading(), ...named("ko")])).toBeLessThan(READING_KIB);
  });

  it("keeps grammars, maths and diagrams out of both", () => {
    expect([...reading()].join(" ")).not.toMatch(/Formula|highlight|clike|sql|mermaid/);
  });

  it("has nothing in it that a strict policy or trusted types would refuse", () => {
    for (const { name, text } of texts) {
      if (!/\.(?:js|html)$/.test(name) || name.startsWith("frames/")) continue;
      expect(text, name).not.toMatch(/\beval\(|new Function\(|document\.write\(|insertAdjacentHTML/);
      // React has the code for dangerouslySetInnerHTML and for <script> in it; nothing else may assign HTML.
      if (name !== entry()) expect(text, name).not.toMatch(/\.innerHTML\s*=/);
      if (name.endsWith(".html"))
        expect(text, name).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
    }
  });

  it("names no other host to fetch from", () => {
    const html = texts.find(({ name }) => name === "index.html")?.text ?? "";
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
