/** The owner of one document, as DO3 has it: each change is moved over each accepted one in turn, answered once, and told to all. */
import { ChangeSet, Text } from "@codemirror/state";
import type { CodeChange, CodeChanged, DocumentResumed, DocumentState } from "@madang/protocol";
import { SESSION } from "./fixtures.js";

type Change = CodeChanged["change"];

/** What a change is answered with. */
export type Verdict =
  | { readonly ack: number; readonly told: CodeChanged | null }
  | { readonly error: "STALE_BASE" | "INVALID_DATA" | "CONFLICT" | "FORBIDDEN" };

/** Half a surrogate pair, alone. */
const LONE = /\p{Surrogate}/u;

export class Authority {
  epoch = "epoch-of-the-log";
  text: Text;
  readonly log: CodeChanged[] = [];
  readonly #texts: string[];
  readonly #answers = new Map<string, { readonly version: number; readonly change: Change }>();
  /** The newest changes that are remembered. */
  window: number;
  readonly bytesMax: number;

  constructor(text = "", window = Number.POSITIVE_INFINITY, bytesMax = 262_144) {
    this.text = Text.of(text.split("\n"));
    this.#texts = [text];
    this.window = window;
    this.bytesMax = bytesMax;
  }

  get version(): number {
    return this.log.length;
  }

  textAt(version: number): string {
    return this.#texts[version] ?? "";
  }

  /** Takes a change in; throws on one that no right client sends. */
  take(userId: string, data: CodeChange): Verdict {
    const { op_id: opId = "", base_version: base = 0, change: json = [] } = data;
    if (JSON.stringify(data).length > this.bytesMax) throw new Error("a change too large was sent");
    if (base > this.version) throw new Error("a base still to come was sent");
    const known = this.#answers.get(`${userId} ${opId}`);
    const oldest = this.version - this.window;
    if (base < oldest)
      return known === undefined ? { error: "STALE_BASE" } : { ack: known.version, told: null };
    const until = known === undefined ? this.version : known.version - 1;
    let change = this.#read(json, this.textAt(base));
    for (let version = base; version < until; version += 1) {
      change = change.map(ChangeSet.fromJSON(this.log[version]?.change));
    }
    const moved = change.toJSON() as Change;
    if (known !== undefined) {
      const same = base < known.version && JSON.stringify(moved) === JSON.stringify(known.change);
      return same ? { ack: known.version, told: null } : { error: "CONFLICT" };
    }
    this.text = change.apply(this.text);
    const told: CodeChanged = {
      document: 1,
      version: this.version + 1,
      user_id: userId,
      op_id: opId,
      change: moved,
    };
    this.log.push(told);
    this.#texts.push(this.text.toString());
    this.#answers.set(`${userId} ${opId}`, { version: told.version, change: moved });
    return { ack: told.version, told };
  }

  /** What opening is answered with: what was missed, or the whole. */
  open(version: number | undefined, epoch: string | undefined): DocumentState | DocumentResumed {
    const at = { session_id: SESSION, document: 1, name: "main", cursors: [], version: this.version };
    const remembered = version !== undefined && version >= this.version - this.window;
    if (epoch !== this.epoch || !remembered || version > this.version) {
      return { ...at, epoch: this.epoch, text: this.text.toString() };
    }
    return { ...at, from: version, changes: this.log.slice(version) };
  }

  #read(json: Change, before: string): ChangeSet {
    const change = ChangeSet.fromJSON(json);
    if (change.length !== before.length) throw new Error("a change of another length was sent");
    if (json.length > 10_000) throw new Error("too many sections were sent");
    change.iterChanges((from, to, _fromB, _toB, inserted) => {
      const cut = (at: number) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(before.slice(at - 1, at + 1));
      if (cut(from) || cut(to) || LONE.test(inserted.toString())) throw new Error("half a pair was sent");
      if (inserted.toString().includes("\r")) throw new Error("a CR was sent");
    }, true);
    for (const [place, section] of json.entries()) {
      const last = json[place - 1];
      if (section === 0 || (Array.isArray(section) && section.length === 1 && section[0] === 0)) {
        throw new Error("an empty section was sent");
      }
      if (place > 0 && kindOf(last) !== "both" && kindOf(last) === kindOf(section)) {
        throw new Error(`neighbours that are one section were sent: ${JSON.stringify(json)}`);
      }
    }
    return change;
  }
}

function kindOf(section: Change[number] | undefined): "keep" | "delete" | "insert" | "both" {
  if (!Array.isArray(section)) return "keep";
  if (section.length === 1) return "delete";
  return section[0] === 0 ? "insert" : "both";
}
