import { gzipSync } from "node:zlib";
import { build } from "vite";
import { describe, expect, it } from "vitest";

/**
 * Bytes, gzip, of the core: what `createClient` needs. It is loaded before anything is shown.
 *
 * 12 KiB while a session had one person. Since it has several, 3 KiB more: membership, presence, edits, deletions, reactions,
 * read marks and budgets come by events that every mirror must take in, or it shows what is no longer so.
 */
const CORE_BUDGET = 15 * 1024;
/** Bytes, gzip, of everything that the package's main entry exports. */
const WHOLE_BUDGET = 16 * 1024;
/** Bytes, gzip, of the entry for rare commands, by itself; what it shares with the core is counted again. */
const PEOPLE_BUDGET = 3 * 1024;
/** Bytes, gzip, of the HTTP side, by itself. */
const HTTP_BUDGET = 3 * 1024;
/** Bytes, gzip, of shared documents, by themselves and without CodeMirror, which an editor brings along. */
const DOCUMENTS_BUDGET = 8 * 1024;
/** Bytes, gzip, of a binding to an editor, by itself. */
const BINDING_BUDGET = 2 * 1024;

async function bundled(name: string): Promise<string> {
  const entry = new URL(`support/${name}`, import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: "oxc",
      target: "es2022",
      rollupOptions: { input: entry, preserveEntrySignatures: "strict", external: [/^@codemirror\//] },
    },
  });
  const [output] = [result].flat();
  if (output === undefined || !("output" in output)) throw new Error("nothing was built");
  return output.output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
}

describe("size", () => {
  it.each([
    ["core.ts", CORE_BUDGET, "follow_session"],
    ["whole.ts", WHOLE_BUDGET, "follow_session"],
    ["people.ts", PEOPLE_BUDGET, "set_budget"],
    ["http.ts", HTTP_BUDGET, "/admin/users"],
    ["documents.ts", DOCUMENTS_BUDGET, "code_change"],
    ["codemirror.ts", BINDING_BUDGET, "madang-caret"],
    ["monaco.ts", BINDING_BUDGET, "setEOL"],
  ])("%s is within %i bytes", async (name, budget, held) => {
    const code = await bundled(name);
    const size = gzipSync(code, { level: 9 }).length;
    expect(code).toContain(held);
    console.info(`${name}: ${size} of ${budget} bytes, gzip`);
    expect(size).toBeLessThanOrEqual(budget);
  });

  it("the core holds nothing of the other entries, nor they of it", async () => {
    const core = await bundled("whole.ts");
    expect(core).not.toContain("set_budget");
    expect(core).not.toContain("/admin");
    expect(core).not.toContain("code_change");
    expect(core).not.toContain("@codemirror");
    for (const entry of ["people.ts", "http.ts", "documents.ts", "codemirror.ts", "monaco.ts"])
      expect(await bundled(entry)).not.toContain("follow_session");
  });

  it("importing it does nothing: what is not used is not there", async () => {
    expect(await bundled("nothing.ts")).not.toContain("follow_session");
  });
});
