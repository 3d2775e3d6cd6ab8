/** All keys on one sheet. */
import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { MOD } from "./keys.js";

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const lines = [
    [[`${MOD} K`], t("keys.palette")],
    [[`${MOD} ↵`], t("keys.send")],
    [["↵"], t("keys.enter")],
    [["⇧ ↵"], t("keys.newline")],
    [["Esc"], t("keys.escape")],
    [["↑"], t("keys.up")],
    [["@"], t("keys.mention")],
    [["J", "K"], t("keys.messages")],
    [["?"], t("keys.help")],
  ] as const;
  return (
    <Dialog label={t("keys.title")} onClose={onClose}>
      <div className="dialog-head">
        <h2>{t("keys.title")}</h2>
        <IconButton icon="close" size="small" label={t("keys.close")} onClick={onClose} />
      </div>
      <dl className="keys">
        {lines.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>{meaning}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key} className="keycap">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
