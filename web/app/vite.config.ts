import { createRequire } from "node:module";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.js";
import { mermaidLibrary } from "./build/mermaid.js";

/** Where `npm run dev` finds a running server. */
const SERVER = process.env["MADANG_SERVER"] ?? "http://127.0.0.1:8080";
/** Its other build decodes `&name;` through innerHTML, which a page with trusted types refuses. */
const ENTITIES = createRequire(import.meta.url)
  .resolve("decode-named-character-reference")
  .replace(/index\.dom\.js$/, "index.js");

export default defineConfig({
  plugins: [react(), mermaidLibrary(), compress()],
  resolve: { alias: { "decode-named-character-reference": ENTITIES } },
  build: {
    target: "es2023",
    // The policy has no `data:` for scripts and fonts, and no inline anything.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      "/ws": { target: SERVER, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      "/api": { target: SERVER, changeOrigin: true },
      "/healthz": { target: SERVER },
    },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
