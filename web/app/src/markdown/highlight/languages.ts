/** Names of languages as people write them after a fence, and what can colour them. */

const ALIASES: Record<string, string> = {
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  node: "javascript",
  ts: "typescript",
  mts: "typescript",
  py: "python",
  python3: "python",
  rs: "rust",
  golang: "go",
  "c++": "cpp",
  cc: "cpp",
  cxx: "cpp",
  hpp: "cpp",
  h: "c",
  htm: "html",
  vue: "html",
  svelte: "html",
  svg: "xml",
  yml: "yaml",
  sh: "shell",
  bash: "shell",
  zsh: "shell",
  console: "shell",
  "shell-session": "shell",
  ps1: "powershell",
  pwsh: "powershell",
  rb: "ruby",
  kt: "kotlin",
  cs: "csharp",
  "c#": "csharp",
  docker: "dockerfile",
  patch: "diff",
  jsonc: "json",
  json5: "json",
  postgres: "sql",
  postgresql: "sql",
  mysql: "sql",
  sqlite: "sql",
  hs: "haskell",
  jl: "julia",
  proto: "protobuf",
  tex: "latex",
  ini: "properties",
  conf: "nginx",
  txt: "text",
  plaintext: "text",
};

/** Characters of a language's name; a longer one, or one with other signs, is no name. */
const NAME = /^[\w#+.-]{1,24}$/;

/** The language that a fence names, in one spelling; nothing for a fence that names none. */
export function languageOf(info: string): string | undefined {
  const first =
    info
      .trim()
      .split(/[\s,{]/)[0]
      ?.toLowerCase() ?? "";
  if (!NAME.test(first)) return undefined;
  return ALIASES[first] ?? first;
}
