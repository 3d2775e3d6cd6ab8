/** The parts of a reply in order; a tool's use and its result are one card. */
import type { Part } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { MessageText } from "../markdown/MessageText.js";
import type { Waiting } from "../session/types.js";
import { useSecondsUntil } from "../ui/useNow.js";
import { Thinking } from "./Thinking.js";
import { ToolCard } from "./ToolCard.js";

interface ReplyPartsProps {
  parts: readonly Part[];
  /** The text, where there are no parts. */
  content: string;
  writing: boolean;
  waiting?: Waiting | undefined;
}

export function ReplyParts({ parts, content, writing, waiting }: ReplyPartsProps) {
  if (parts.length === 0) {
    if (content) return <MessageText source={content} writing={writing} />;
    return writing ? <Silence waiting={waiting} /> : null;
  }
  return (
    <div className="reply-parts">
      {parts.map((part) => (
        <PartView key={part.index} part={part} parts={parts} writing={writing} />
      ))}
      {waiting && <Silence waiting={waiting} />}
    </div>
  );
}

function PartView({ part, parts, writing }: { part: Part; parts: readonly Part[]; writing: boolean }) {
  const t = useWords();
  const open = writing && part === parts.at(-1);
  switch (part.kind) {
    case "text":
      return <MessageText source={part.content} writing={open} />;
    case "thinking":
      return <Thinking part={part} writing={open} />;
    case "tool_use":
      return <ToolCard use={part} result={resultOf(parts, part)} writing={writing} />;
    case "tool_result":
      return hasUse(parts, part) ? null : <ToolCard use={part} result={part} writing={false} />;
    case "other":
      return <p className="reply-other">{t("tool.other", { name: part.name ?? "?" })}</p>;
  }
}

function resultOf(parts: readonly Part[], use: Part): Part | undefined {
  return parts.find((part) => part.kind === "tool_result" && part.tool_use_id === use.tool_use_id);
}

function hasUse(parts: readonly Part[], result: Part): boolean {
  return parts.some((part) => part.kind === "tool_use" && part.tool_use_id === result.tool_use_id);
}

/** Before the first word, and while the upstream is busy. */
function Silence({ waiting }: { waiting: Waiting | undefined }) {
  const t = useWords();
  const seconds = useSecondsUntil(waiting?.retryAt);
  if (!waiting) return <p className="silence">{t("reply.writing")}</p>;
  if (waiting.ahead !== undefined) {
    const words = waiting.ahead === 0 ? t("reply.ahead.next") : t("reply.ahead", { count: waiting.ahead });
    return <p className="silence">{words}</p>;
  }
  return <p className="silence">{seconds > 0 ? t("reply.waiting", { seconds }) : t("reply.waiting.now")}</p>;
}
