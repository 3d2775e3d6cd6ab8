import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@madang\/client$/, replacement: source("../client/src/index.ts") },
      { find: /^@madang\/client\/(people|http|documents)$/, replacement: source("../client/src/$1.ts") },
    ],
  },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "happy-dom", testTimeout: 60_000 },
});
