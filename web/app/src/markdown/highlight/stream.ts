/** The languages with a line-by-line reader: smaller, older, good enough for short pieces. */
import { type StreamParser, StringStream } from "@codemirror/streamparser";
import { type Token, Tokens } from "./tokens.js";

/** Each reader keeps a state of its own kind, which only itself looks into. */
type Reader = StreamParser<unknown>;
const any = (reader: unknown) => reader as Reader;

export const READERS: Record<string, () => Promise<Reader>> = {
  shell: () => import("@codemirror/legacy-modes/mode/shell").then((m) => any(m.shell)),
  powershell: () => import("@codemirror/legacy-modes/mode/powershell").then((m) => any(m.powerShell)),
  sql: () => import("@codemirror/legacy-modes/mode/sql").then((m) => any(m.standardSQL)),
  toml: () => import("@codemirror/legacy-modes/mode/toml").then((m) => any(m.toml)),
  ruby: () => import("@codemirror/legacy-modes/mode/ruby").then((m) => any(m.ruby)),
  swift: () => import("@codemirror/legacy-modes/mode/swift").then((m) => any(m.swift)),
  kotlin: () => import("@codemirror/legacy-modes/mode/clike").then((m) => any(m.kotlin)),
  csharp: () => import("@codemirror/legacy-modes/mode/clike").then((m) => any(m.csharp)),
  scala: () => import("@codemirror/legacy-modes/mode/clike").then((m) => any(m.scala)),
  dart: () => import("@codemirror/legacy-modes/mode/clike").then((m) => any(m.dart)),
  dockerfile: () => import("@codemirror/legacy-modes/mode/dockerfile").then((m) => any(m.dockerFile)),
  diff: () => import("@codemirror/legacy-modes/mode/diff").then((m) => any(m.diff)),
  lua: () => import("@codemirror/legacy-modes/mode/lua").then((m) => any(m.lua)),
  r: () => import("@codemirror/legacy-modes/mode/r").then((m) => any(m.r)),
  perl: () => import("@codemirror/legacy-modes/mode/perl").then((m) => any(m.perl)),
  haskell: () => import("@codemirror/legacy-modes/mode/haskell").then((m) => any(m.haskell)),
  julia: () => import("@codemirror/legacy-modes/mode/julia").then((m) => any(m.julia)),
  clojure: () => import("@codemirror/legacy-modes/mode/clojure").then((m) => any(m.clojure)),
  erlang: () => import("@codemirror/legacy-modes/mode/erlang").then((m) => any(m.erlang)),
  groovy: () => import("@codemirror/legacy-modes/mode/groovy").then((m) => any(m.groovy)),
  latex: () => import("@codemirror/legacy-modes/mode/stex").then((m) => any(m.stex)),
  nginx: () => import("@codemirror/legacy-modes/mode/nginx").then((m) => any(m.nginx)),
  properties: () => import("@codemirror/legacy-modes/mode/properties").then((m) => any(m.properties)),
  protobuf: () => import("@codemirror/legacy-modes/mode/protobuf").then((m) => any(m.protobuf)),
};

/** Columns of a tab, which no reader of ours shows. */
const TAB = 2;
/** Times that a reader may stand still before its line counts as plain. */
const STANDSTILL_MAX = 10;

const KINDS: Record<string, string> = {
  keyword: "tok-keyword",
  atom: "tok-number",
  number: "tok-number",
  string: "tok-string",
  comment: "tok-comment",
  meta: "tok-meta",
  def: "tok-name",
  builtin: "tok-name",
  tag: "tok-keyword",
  attribute: "tok-name",
  type: "tok-type",
  typeName: "tok-type",
  variableName: "",
  propertyName: "tok-name",
  inserted: "tok-inserted",
  deleted: "tok-deleted",
};

function kindOf(style: string | null): string {
  const words = style?.split(/[ .]/) ?? [];
  for (const word of words) {
    const kind = KINDS[word];
    if (kind) return kind;
  }
  return words.includes("standard") ? "tok-name" : "";
}

export function readTokens(reader: Reader, code: string): Tokens {
  const tokens: Token[] = [];
  const state = reader.startState?.(TAB) ?? {};
  let start = 0;
  for (const line of code.split("\n")) {
    if (line === "") reader.blankLine?.(state, TAB);
    else readLine(reader, line, state, start, tokens);
    start += line.length + 1;
  }
  return new Tokens(tokens, code.length);
}

function readLine(reader: Reader, line: string, state: unknown, offset: number, tokens: Token[]): void {
  const stream = new StringStream(line, TAB, TAB);
  let still = 0;
  while (!stream.eol() && still < STANDSTILL_MAX) {
    stream.start = stream.pos;
    const kind = kindOf(reader.token(stream, state));
    if (stream.pos === stream.start) {
      still += 1;
      continue;
    }
    still = 0;
    if (kind) tokens.push({ from: offset + stream.start, to: offset + stream.pos, kind });
  }
}
