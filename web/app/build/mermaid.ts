/** Puts Mermaid's own browser build beside the frame that runs it; no bundler touches it and no page loads it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const PATH = "frames/mermaid-lib.js";

export function mermaidLibrary(): Plugin {
  const file = createRequire(import.meta.url).resolve("@mermaid-js/tiny/dist/mermaid.tiny.js");
  return {
    name: "madang-mermaid",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: PATH, source: readFileSync(file) });
    },
    configureServer(server) {
      server.middlewares.use(`/${PATH}`, (_request, response) => {
        response.setHeader("Content-Type", "text/javascript");
        response.end(readFileSync(file));
      });
    },
  };
}
