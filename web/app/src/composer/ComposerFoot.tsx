/** Below the text: whom it is for, and the round button that sends, or stops Claude. */
import { useWords } from "../i18n/index.js";
import type { Target } from "../session/types.js";
import { Icon } from "../ui/Icon.js";
import { TargetSwitch } from "./TargetSwitch.js";

interface ComposerFootProps {
  targets: readonly Target[];
  chosen: Target;
  onChoose: (to: Target) => void;
  running: boolean;
  sendable: boolean;
  empty: boolean;
  onSend: () => void;
  onStop: (() => void) | undefined;
}

export function ComposerFoot(props: ComposerFootProps) {
  const { targets, chosen, onChoose, running, sendable, empty, onSend, onStop } = props;
  const t = useWords();
  const stops = running && onStop !== undefined;
  return (
    <div className="composer-foot">
      {targets.length > 1 && <TargetSwitch chosen={chosen} onChoose={onChoose} />}
      <p className="composer-hint" id="composer-hint">
        {t("composer.hint")}
      </p>
      {stops && (
        <button
          type="button"
          className="round round-stop"
          aria-label={t("composer.stop")}
          title={t("composer.stop")}
          onClick={onStop}
        >
          <Icon name="stop" />
        </button>
      )}
      {(!stops || !empty) && (
        <button
          type="button"
          className="round"
          aria-label={t("composer.send")}
          title={t("composer.send")}
          disabled={!sendable}
          onClick={onSend}
        >
          <Icon name="send" />
        </button>
      )}
    </div>
  );
}
