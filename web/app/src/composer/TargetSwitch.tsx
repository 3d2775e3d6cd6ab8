import { useId } from "react";
import { useWords } from "../i18n/index.js";
import type { Target } from "../session/types.js";

const TARGETS: readonly Target[] = ["claude", "everyone"];

/** Whom one is talking to: two radio buttons, because it is one choice. */
export function TargetSwitch({ chosen, onChoose }: { chosen: Target; onChoose: (to: Target) => void }) {
  const t = useWords();
  const name = useId();
  return (
    <fieldset className="target" title={chosen === "everyone" ? t("composer.to.note") : undefined}>
      <legend className="unseen">{t("composer.to")}</legend>
      {TARGETS.map((target) => (
        <label key={target} className={chosen === target ? "target-chosen" : undefined}>
          <input type="radio" name={name} checked={chosen === target} onChange={() => onChoose(target)} />
          {t(`composer.to.${target}`)}
        </label>
      ))}
    </fieldset>
  );
}
