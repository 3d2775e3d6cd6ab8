import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../src/theme/tokens.css"), "utf8");
const PAIR =
  /--([\w-]+): light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\), oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)\)/g;

type Linear = [number, number, number];

/** OKLCH to linear sRGB (Björn Ottosson's matrices). */
function linear(l: number, c: number, h: number): Linear {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const [x, y, z] = [
    l + 0.3963377774 * a + 0.2158037573 * b,
    l - 0.1055613458 * a - 0.0638541728 * b,
    l - 0.0894841775 * a - 1.291485548 * b,
  ].map((v) => v ** 3) as Linear;
  const rgb: Linear = [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ];
  return rgb.map((v) => Math.min(1, Math.max(0, v))) as Linear;
}

const luminance = ([r, g, b]: Linear) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

const colours = new Map(
  [...css.matchAll(PAIR)].map(([, name, ...numbers]) => {
    const [l1, c1, h1, l2, c2, h2] = numbers.map(Number) as [number, number, number, number, number, number];
    return [name, [luminance(linear(l1 / 100, c1, h1)), luminance(linear(l2 / 100, c2, h2))] as const];
  }),
);

function contrast(one: string, other: string, theme: 0 | 1): number {
  const [a, b] = [colours.get(one)?.[theme], colours.get(other)?.[theme]];
  if (a === undefined || b === undefined) throw new Error(`no colour ${one} or ${other}`);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const GROUNDS = ["background", "surface", "sunken", "tint", "hover"];
const TEXTS = ["ink", "secondary"];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("contrast, %s", (_, theme) => {
  it.each(GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground])))("%s on %s", (text, ground) => {
    expect(contrast(text as string, ground as string, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ["accent", "background"],
    ["accent", "surface"],
    ["accent", "sunken"],
    ["on-accent", "accent"],
    ["danger", "surface"],
    ["danger", "background"],
    ["ink", "danger-tint"],
    ["secondary", "danger-tint"],
    ["ink", "accent-tint"],
    ["background", "ink"],
    ["claude-text", "tint"],
    ["claude-text", "background"],
    ["ink", "mark"],
    ...["1", "2", "3", "4", "5", "6", "7", "8"].flatMap((person) => [
      ["on-person", `person-${person}`],
      [`person-${person}`, "background"],
      [`person-${person}`, "tint"],
    ]),
    ...["keyword", "string", "number", "name", "type", "comment"].map((kind) => [`code-${kind}`, "surface"]),
  ])("%s on %s", (text, ground) => {
    expect(contrast(text as string, ground as string, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ["edge", "surface"],
    ["edge", "background"],
    ["claude", "background"],
    ["claude", "hover"],
    ["warning", "background"],
    ["accent", "hover"],
  ])("%s on %s, for lines and icons", (line, ground) => {
    expect(contrast(line as string, ground as string, theme)).toBeGreaterThanOrEqual(3);
  });
});
