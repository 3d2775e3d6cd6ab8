import { ChangeSet } from "@codemirror/state";
import { type ChangeJson, cutsPair, jsonOf } from "./text.js";

/** What one change may take. */
export interface ChangeLimits {
  /** Bytes of its JSON. */
  readonly bytes: number;
  /** Its sections. */
  readonly sections: number;
}

/** Bytes that a section takes beside the text in it: numbers, brackets, quotes and commas. */
const SECTION_BYTES = 16;

/** Cuts a change in two that do the same one after the other; the first is within the limits. Null when all of it is. */
export function split(change: ChangeSet, limits: ChangeLimits): readonly [ChangeSet, ChangeSet | null] {
  const sections = jsonOf(change);
  if (sections.length <= limits.sections && bytesOf(sections) <= limits.bytes) return [change, null];
  const head: ChangeJson = [];
  const tail: ChangeJson = [];
  // What is kept after the cut is one section more.
  let room = Math.max(1, limits.sections - 2);
  let bytes = limits.bytes - 2 * SECTION_BYTES;
  for (const section of sections) {
    const [deleted, text] = read(section);
    bytes -= SECTION_BYTES;
    const taken = fitting(text ?? "", bytes);
    if (room === 0 || (text && taken === 0)) {
      room = 0;
      add(head, deleted);
      add(tail, deleted, text);
      continue;
    }
    room -= 1;
    add(head, deleted, text?.slice(0, taken));
    add(tail, text === undefined ? deleted : taken);
    if (text === undefined) continue;
    bytes -= costOf(text.slice(0, taken));
    if (taken < text.length) {
      room = 0;
      add(tail, 0, text.slice(taken));
    }
  }
  return [ChangeSet.fromJSON(head), ChangeSet.fromJSON(tail)];
}

/** The units of a section, and what it puts in their place; undefined where it keeps them. */
function read(section: ChangeJson[number]): [number, string | undefined] {
  if (typeof section === "number") return [section, undefined];
  const [deleted, ...lines] = section;
  return [deleted, lines.join("\n")];
}

/** Adds a section, as one with the last where both only keep, delete or insert (DO2). */
function add(sections: ChangeJson, units: number, text?: string): void {
  if (units === 0 && (text === undefined || text === "")) return;
  const last = sections.at(-1);
  if (last !== undefined) {
    const [before, put] = read(last);
    const keeps = text === undefined && put === undefined;
    const deletes = text === "" && put === "";
    const inserts = units === 0 && before === 0 && text !== undefined && put !== undefined;
    if (keeps || deletes || inserts) {
      sections.pop();
      sections.push(written(before + units, keeps ? undefined : `${put}${text}`));
      return;
    }
  }
  sections.push(written(units, text));
}

function written(units: number, text: string | undefined): ChangeJson[number] {
  if (text === undefined) return units;
  return text === "" ? [units] : [units, ...text.split("\n")];
}

/** How many units from the beginning of a text cost at most `bytes`; a pair is not cut. All of it where it is empty. */
function fitting(text: string, bytes: number): number {
  let left = bytes;
  for (let at = 0; at < text.length; at += 1) {
    left -= unitCost(text.charCodeAt(at));
    if (left < 0) return cutsPair(text, at) ? at - 1 : at;
  }
  return text.length;
}

function bytesOf(sections: ChangeJson): number {
  return sections.reduce((sum: number, section) => sum + SECTION_BYTES + costOf(read(section)[1] ?? ""), 0);
}

function costOf(text: string): number {
  let cost = 0;
  for (let at = 0; at < text.length; at += 1) cost += unitCost(text.charCodeAt(at));
  return cost;
}

/** Bytes of one unit in JSON, at most: a line end is `","`, a control character is escaped, half a pair is 2 of 4 bytes. */
function unitCost(unit: number): number {
  if (unit >= 0xd800 && unit < 0xe000) return 2;
  if (unit === 10 || unit >= 0x800) return 3;
  if (unit < 0x20) return 6;
  if (unit === 0x22 || unit === 0x5c || unit >= 0x80) return 2;
  return 1;
}
