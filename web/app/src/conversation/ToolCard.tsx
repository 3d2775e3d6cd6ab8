/** A tool that Claude used: which, with what, and what came of it. */
import type { Part } from "@madang/protocol";
import { useState } from "react";
import { useWords } from "../i18n/index.js";
import { CodeLines } from "../markdown/CodeLines.js";
import { Icon } from "../ui/Icon.js";
import { readable, summaryOf } from "./tools.js";

interface ToolCardProps {
  use: Part;
  result: Part | undefined;
  /** Whether the reply is still being written: a result may come. */
  writing: boolean;
}

export function ToolCard({ use, result, writing }: ToolCardProps) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const name = use.name || t("tool.unnamed");
  const done = result !== undefined || !writing;
  const summary = use === result ? "" : summaryOf(use.content);
  return (
    <div className="tool">
      <button type="button" className="tool-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="tool" />
        <span className="tool-name">{t(done ? "tool.used" : "tool.use", { name })}</span>
        {summary && <span className="tool-summary">{summary}</span>}
        {!done && <span className="tool-state">{t("tool.running")}</span>}
        <Icon name="chevron" />
      </button>
      {open && (
        <div className="tool-body">
          {use !== result && <ToolText title={t("tool.input")} text={readable(use.content)} />}
          {result && <ToolText title={t("tool.result")} text={readable(result.content)} />}
        </div>
      )}
    </div>
  );
}

function ToolText({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <CodeLines code={text} tokens={undefined} />
      </pre>
    </section>
  );
}
