/** Something that is shown this once: a link, a token, a password. */
import { useEffect, useRef } from "react";
import { useWords } from "../i18n/index.js";
import { Button } from "./Button.js";
import { useCopy } from "./useCopy.js";

interface SecretProps {
  label: string;
  /** That it is shown once, and to whom it may be given. */
  note: string;
  value: string;
}

export function Secret({ label, note, value }: SecretProps) {
  const t = useWords();
  const [copied, copy] = useCopy();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const words = { no: "message.copy", yes: "message.copied", refused: "message.copy.failed" } as const;
  return (
    <div className="secret">
      <p className="field-note" role="status">
        {note}
      </p>
      <div className="secret-line">
        <input
          ref={field}
          className="input"
          aria-label={label}
          readOnly
          value={value}
          onFocus={(event) => event.target.select()}
        />
        <Button look="main" icon={copied === "yes" ? "check" : "copy"} onClick={() => copy(value)}>
          {t(copied === "refused" ? "message.copy" : words[copied])}
        </Button>
      </div>
      {copied === "refused" && <p className="field-note">{t("message.copy.failed")}</p>}
    </div>
  );
}
