/** A link of a message: opens elsewhere, tells the other side nothing, and shows where it leads. */
import { Children, type ReactNode } from "react";
import { useWords } from "../i18n/index.js";
import { hostOf, misleads, safeAddress } from "./links.js";

export function ChatLink({ address, children }: { address: string; children: ReactNode }) {
  const t = useWords();
  const safe = safeAddress(address);
  if (safe === undefined) return <span title={address}>{children}</span>;
  return (
    <>
      <a
        href={safe}
        target="_blank"
        rel="noopener noreferrer nofollow ugc"
        referrerPolicy="no-referrer"
        title={t("link.to", { url: safe })}
      >
        {children}
      </a>
      {misleads(wordsOf(children), safe) && <span className="md-host"> ({hostOf(safe)})</span>}
    </>
  );
}

/** The words among drawn nodes, as far as they are plain. */
function wordsOf(children: ReactNode): string {
  return Children.toArray(children)
    .map((child) => {
      if (typeof child === "string") return child;
      if (typeof child === "object" && "props" in child) {
        return wordsOf((child.props as { children?: ReactNode }).children);
      }
      return "";
    })
    .join("");
}
