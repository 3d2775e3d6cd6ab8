/** What a package offers: the declarations of its entries and of every file of its own that these name. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";

const HEAD =
  "// What this package offers. A test fails when it changes; `npx vitest run -u surface` writes it again.\n";

/** The declarations as one text, made by the compiler from the sources as they are. */
export function surfaceOf(packageFolder: string): string {
  const out = mkdtempSync(join(tmpdir(), "madang-surface-"));
  try {
    const options = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", out];
    execFileSync(join(packageFolder, "../node_modules/.bin/tsc"), options, { cwd: packageFolder });
    const seen = new Set<string>();
    for (const entry of entriesOf(packageFolder)) reachable(out, entry, seen);
    const files = [...seen].sort();
    return HEAD + files.map((file) => `\n// ${file}\n${readFileSync(join(out, file), "utf8")}`).join("");
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** The declarations that `exports` of the manifest names. */
function entriesOf(packageFolder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    exports: Record<string, { types: string }>;
  };
  return Object.values(manifest.exports).map((entry) => entry.types.replace("./dist/", ""));
}

function reachable(out: string, file: string, seen: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readFileSync(join(out, file), "utf8");
  for (const [, name = ""] of text.matchAll(/from "(\.[^"]+)\.js"/g)) {
    reachable(out, normalize(join(dirname(file), `${name}.d.ts`)), seen);
  }
}
