import type { ClaudeResponse, Part, RunningTurn } from "@madang/protocol";

/** A reply that is being written, as far as it has come. */
export interface RunningReply {
  readonly turnId: string;
  readonly promptId: string;
  readonly messageId: string;
  /** The number of the last delta in it. */
  readonly n: number;
  /** Its typed parts; a part that has not changed is the same object as before. */
  readonly parts: readonly Part[];
  /** Its text parts joined. */
  readonly text: string;
}

/** Puts a running reply together from deltas and snapshots (DC2, RS2). A delta costs the same however long the reply is. */
export class ReplyAssembler {
  readonly turnId: string;
  readonly promptId: string;
  readonly messageId: string;
  #n: number;
  #parts: Part[];
  /** The parts that may be written to, because nobody has seen them. */
  readonly #own = new Set<number>();
  #published: RunningReply | undefined;
  /** True from the loss of a connection to the next snapshot: deltas may be missing, as a prefix alone. */
  doubtful = false;

  constructor(turn: RunningTurn) {
    this.turnId = turn.turn_id;
    this.promptId = turn.prompt_id;
    this.messageId = turn.message_id;
    this.#n = turn.n;
    this.#parts = [...turn.parts];
  }

  /** The number of the last delta in it. */
  get n(): number {
    return this.#n;
  }

  /** Takes a delta or a snapshot; false when it brings nothing new. */
  take(data: ClaudeResponse): boolean {
    if (data.part === undefined) return this.#replace(data);
    const n = data.n ?? this.#n + 1;
    if (n <= this.#n) return false;
    this.#n = n;
    this.#published = undefined;
    const at = this.#parts.findIndex((part) => part.index === data.part);
    const old = this.#parts[at];
    if (old === undefined) {
      this.#own.add(data.part);
      this.#parts.push({
        index: data.part,
        kind: data.kind ?? "text",
        content: data.content,
        ...(data.name === undefined ? {} : { name: data.name }),
      });
      return true;
    }
    const part = this.#own.has(data.part) ? old : { ...old };
    part.content += data.content;
    if (data.name !== undefined) part.name = data.name;
    this.#own.add(data.part);
    this.#parts[at] = part;
    return true;
  }

  /** The reply so far, immutable; the same object until something comes. */
  snapshot(): RunningReply {
    if (this.#published === undefined) {
      this.#own.clear();
      this.#parts.sort((a, b) => a.index - b.index);
      this.#published = {
        turnId: this.turnId,
        promptId: this.promptId,
        messageId: this.messageId,
        n: this.#n,
        parts: [...this.#parts],
        text: textOf(this.#parts),
      };
    }
    return this.#published;
  }

  /** A snapshot holds everything up to its `n`, and counts even if less was journalled than was seen (RS5). */
  #replace(data: ClaudeResponse): boolean {
    this.#own.clear();
    this.#published = undefined;
    this.doubtful = false;
    this.#n = data.n ?? 0;
    const whole: Part[] = data.content === "" ? [] : [{ index: 0, kind: "text", content: data.content }];
    this.#parts = [...(data.parts ?? whole)];
    return true;
  }
}

/** The text parts joined: what a reply's `content` is. */
export function textOf(parts: readonly Part[]): string {
  let text = "";
  for (const part of parts) if (part.kind === "text") text += part.content;
  return text;
}
