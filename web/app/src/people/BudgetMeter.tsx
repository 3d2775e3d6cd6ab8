/** The bar under a budget: quiet, then warning, then used up. Browsers draw their own only half as high as it is. */

/** The share from which it warns. */
const NEARLY = 0.8;

export function BudgetMeter({ label, share }: { label: string; share: number }) {
  const percent = Math.round(Math.min(1, share) * 100);
  const tone = share >= 1 ? " budget-meter-full" : share >= NEARLY ? " budget-meter-near" : "";
  return (
    <div
      className={`budget-meter${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} %`}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
