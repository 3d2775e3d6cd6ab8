/** Writes a `.br` and a `.gz` beside every text file of the build, so that the server never compresses. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Bytes below which compressing saves nothing that a packet would notice. */
const WORTHWHILE_BYTES = 1024;
const TEXT = /\.(?:js|css|html|svg|json|webmanifest)$/;

export function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

export function compress(): Plugin {
  let folder = "dist";
  return {
    name: "madang-compress",
    apply: "build",
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: () => {
      for (const path of filesUnder(folder).filter((file) => TEXT.test(file))) {
        const bytes = readFileSync(path);
        if (bytes.length < WORTHWHILE_BYTES) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: bytes.length > 1_000_000 ? 9 : 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
