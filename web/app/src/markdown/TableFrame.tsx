/** A table wider than the text scrolls by itself, also by keyboard. */
import type { ReactNode } from "react";
import { useWords } from "../i18n/index.js";

export function TableFrame({ children }: { children: ReactNode }) {
  const t = useWords();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="md-table" role="group" aria-label={t("table.label")} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
