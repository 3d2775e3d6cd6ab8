/** Copies text and says for a moment that it did, or that the browser refused. */
import { useEffect, useState } from "react";

/** Milliseconds that "Copied" stays. */
const SHOWN_MS = 1600;

export type Copied = "no" | "yes" | "refused";

export function useCopy(): [Copied, (text: string) => void] {
  const [copied, setCopied] = useState<Copied>("no");
  useEffect(() => {
    if (copied === "no") return;
    const timer = setTimeout(() => setCopied("no"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => {
    const writing = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    writing.then(
      () => setCopied("yes"),
      () => setCopied("refused"),
    );
  };
  return [copied, copy];
}
