import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: { alias: { "@madang/client": source("../client/src/index.ts") } },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "happy-dom", testTimeout: 60_000 },
});
