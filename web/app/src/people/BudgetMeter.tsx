/** The bar under a budget: quiet, then warning, then used up. */

/** The share from which it warns. */
const NEARLY = 0.8;

export function BudgetMeter({ label, share }: { label: string; share: number }) {
  // The best is nothing used: so the browser knows three tones, by `low` and `high`.
  return (
    <meter
      className="budget-meter"
      aria-label={label}
      min={0}
      max={1}
      optimum={0}
      low={NEARLY}
      high={0.999}
      value={Math.min(1, share)}
    />
  );
}
