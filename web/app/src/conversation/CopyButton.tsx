import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { useCopy } from "../ui/useCopy.js";

/** Copies a message as it was written: Markdown, not what it looks like. */
export function CopyButton({ text }: { text: string }) {
  const t = useWords();
  const [copied, copy] = useCopy();
  const label = { no: "message.copy", yes: "message.copied", refused: "message.copy.failed" } as const;
  return (
    <>
      <IconButton
        icon={copied === "yes" ? "check" : "copy"}
        size="small"
        label={t(label[copied])}
        onClick={() => copy(text)}
      />
      <span className="unseen" role="status">
        {copied === "no" ? "" : t(label[copied])}
      </span>
    </>
  );
}
