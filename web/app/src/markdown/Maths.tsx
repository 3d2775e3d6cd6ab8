/** A formula as MathML, which browsers draw and screen readers read; its source until the maths part is here. */
import { lazy, Suspense } from "react";

const Formula = lazy(() => import("./Formula.js"));

export function Maths({ source, display }: { source: string; display: boolean }) {
  const plain = (
    <code className={display ? "md-maths-source md-maths-display" : "md-maths-source"}>{source}</code>
  );
  return (
    <Suspense fallback={plain}>
      <Formula source={source} display={display} fallback={plain} />
    </Suspense>
  );
}
