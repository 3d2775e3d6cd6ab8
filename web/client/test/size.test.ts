import { gzipSync } from "node:zlib";
import { build } from "vite";
import { describe, expect, it } from "vitest";

/** Bytes, gzip, of the core: what `createClient` needs. It is loaded before anything is shown. */
const CORE_BUDGET = 15 * 1024;
/** Bytes, gzip, of everything that the package exports. */
const WHOLE_BUDGET = 16 * 1024;

async function bundled(name: string): Promise<string> {
  const entry = new URL(`support/${name}`, import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: "oxc",
      target: "es2022",
      rollupOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  });
  const [output] = [result].flat();
  if (output === undefined || !("output" in output)) throw new Error("nothing was built");
  return output.output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
}

describe("size", () => {
  it.each([
    ["core.ts", CORE_BUDGET],
    ["whole.ts", WHOLE_BUDGET],
  ])("%s is within %i bytes", async (name, budget) => {
    const code = await bundled(name);
    const size = gzipSync(code, { level: 9 }).length;
    expect(code).toContain("follow_session");
    console.info(`${name}: ${size} of ${budget} bytes, gzip`);
    expect(size).toBeLessThanOrEqual(budget);
  });

  it("importing it does nothing: what is not used is not there", async () => {
    expect(await bundled("nothing.ts")).not.toContain("follow_session");
  });
});
