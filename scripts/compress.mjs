// Writes a .br and a .gz beside each text file of a built web app, so that the server never compresses at run time.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

// Below this many bytes the headers weigh more than what is saved.
const BYTES_MIN = 512;
const TEXT = /\.(?:html|js|mjs|css|svg|json|webmanifest|txt|wasm|map)$/;

const root = process.argv[2];
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const packed = {
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gz: gzipSync(bytes, { level: 9 }),
  };
  for (const [suffix, content] of Object.entries(packed)) {
    if (bytes.length >= BYTES_MIN && content.length < bytes.length) writeFileSync(`${path}.${suffix}`, content);
    else rmSync(`${path}.${suffix}`, { force: true });
  }
}
