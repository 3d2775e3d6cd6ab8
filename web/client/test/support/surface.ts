/** What a package offers: the declarations of its index and of every file of its own that these name. */
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
    const files = reachable(out, "index.d.ts", new Set());
    return HEAD + files.map((file) => `\n// ${file}\n${readFileSync(join(out, file), "utf8")}`).join("");
  } finally {
    rmSync(out, { recursive: true });
  }
}

function reachable(out: string, file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(join(out, file), "utf8");
  for (const [, name = ""] of text.matchAll(/from "(\.[^"]+)\.js"/g)) {
    reachable(out, normalize(join(dirname(file), `${name}.d.ts`)), seen);
  }
  return [...seen].sort();
}
