/** For what can't be undone: the first press asks, the second does. */
import { useEffect, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { Button } from "./Button.js";

interface SureProps {
  /** What the first press says. */
  label: string;
  /** What will happen, in a sentence. */
  question: string;
  /** What the second press says. */
  yes: string;
  onYes: () => void;
  look?: "danger" | "plain";
  /** On what, where several of these stand under each other. */
  about?: string;
  busy?: boolean;
}

export function Sure({ label, question, yes, onYes, look = "danger", about, busy = false }: SureProps) {
  const t = useWords();
  const [asked, setAsked] = useState(false);
  const no = useRef<HTMLDivElement>(null);

  useEffect(() => {
    // The careful answer has the focus.
    if (asked) no.current?.querySelector<HTMLElement>("button")?.focus();
  }, [asked]);

  if (!asked) {
    return (
      <Button look={look} disabled={busy} aria-description={about} onClick={() => setAsked(true)}>
        {label}
      </Button>
    );
  }
  return (
    <div className="sure" role="group" aria-label={label}>
      <p>{question}</p>
      <div className="sure-answers" ref={no}>
        <Button onClick={() => setAsked(false)}>{t("message.cancel")}</Button>
        <Button
          look="danger"
          disabled={busy}
          onClick={() => {
            setAsked(false);
            onYes();
          }}
        >
          {yes}
        </Button>
      </div>
    </div>
  );
}
