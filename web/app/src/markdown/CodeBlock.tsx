/** A block of code: its language, a copy button, colours when they are ready, and diagrams drawn on demand. */
import { memo, useState } from "react";
import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { useCopy } from "../ui/useCopy.js";
import { CodeLines } from "./CodeLines.js";
import { languageOf } from "./highlight/languages.js";
import { useTokens } from "./highlight/useTokens.js";
import { Mermaid } from "./Mermaid.js";

interface CodeBlockProps {
  code: string;
  info: string;
  /** Whether more of it may come. */
  writing: boolean;
}

export const CodeBlock = memo(function CodeBlock({ code, info, writing }: CodeBlockProps) {
  const t = useWords();
  const [wrapped, setWrapped] = useState(false);
  const [source, setSource] = useState(false);
  const [copied, copy] = useCopy();
  const language = languageOf(info);
  const tokens = useTokens(code, language, writing);
  const diagram = language === "mermaid" && !writing;
  const name = language ?? "";

  return (
    <figure className="code">
      <figcaption className="code-head">
        <span className="code-language">{name}</span>
        {diagram && (
          <button
            type="button"
            className="code-switch"
            aria-pressed={source}
            onClick={() => setSource(!source)}
          >
            {t("diagram.source")}
          </button>
        )}
        {(!diagram || source) && (
          <IconButton
            icon="wrap"
            size="small"
            label={t("code.wrap")}
            aria-pressed={wrapped}
            onClick={() => setWrapped(!wrapped)}
          />
        )}
        <IconButton
          icon={copied === "yes" ? "check" : "copy"}
          size="small"
          label={t(
            copied === "yes" ? "message.copied" : copied === "refused" ? "message.copy.failed" : "code.copy",
          )}
          onClick={() => copy(code)}
        />
      </figcaption>
      {diagram && <Mermaid source={code} />}
      {(!diagram || source) && (
        <pre
          className={wrapped ? "code-text code-wrapped" : "code-text"}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
          tabIndex={0}
          role="group"
          aria-label={name ? t("code.label.language", { language: name }) : t("code.label")}
        >
          <CodeLines code={code} tokens={tokens} />
        </pre>
      )}
    </figure>
  );
});
