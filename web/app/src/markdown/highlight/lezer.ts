/** The languages with a real grammar, each in a file of its own that is fetched when it is first seen. */
import type { Parser } from "@lezer/common";

export const GRAMMARS: Record<string, () => Promise<Parser>> = {
  javascript: () => import("@lezer/javascript").then((m) => m.parser.configure({ dialect: "jsx" })),
  jsx: () => import("@lezer/javascript").then((m) => m.parser.configure({ dialect: "jsx" })),
  typescript: () => import("@lezer/javascript").then((m) => m.parser.configure({ dialect: "ts" })),
  tsx: () => import("@lezer/javascript").then((m) => m.parser.configure({ dialect: "jsx ts" })),
  python: () => import("@lezer/python").then((m) => m.parser),
  rust: () => import("@lezer/rust").then((m) => m.parser),
  go: () => import("@lezer/go").then((m) => m.parser),
  java: () => import("@lezer/java").then((m) => m.parser),
  c: () => import("@lezer/cpp").then((m) => m.parser),
  cpp: () => import("@lezer/cpp").then((m) => m.parser),
  css: () => import("@lezer/css").then((m) => m.parser),
  scss: () => import("@lezer/css").then((m) => m.parser),
  html: () => import("@lezer/html").then((m) => m.parser),
  json: () => import("@lezer/json").then((m) => m.parser),
  xml: () => import("@lezer/xml").then((m) => m.parser),
  yaml: () => import("@lezer/yaml").then((m) => m.parser),
  php: () => import("@lezer/php").then((m) => m.parser.configure({ top: "Program" })),
};
