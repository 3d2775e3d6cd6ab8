/** Which model answers and how hard it thinks, as far as the models say that they can. */
import type { Effort, ModelInfo } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";

const FAMILY = "Claude ";

interface ModelPickerProps {
  model: string;
  effort: Effort | null;
  editable: boolean;
  onChoose: (change: { model?: string; effort?: Effort }) => void;
}

export function ModelPicker({ model, effort, editable, onChoose }: ModelPickerProps) {
  const t = useWords();
  const { models } = useHere();
  if (!models) return null;
  const chosen = models.models.find((each) => each.id === (model || models.default));
  const name = chosen?.display_name ?? model;
  const effortNow = effort ?? chosen?.default_effort;
  const showsEffort = effortNow !== undefined && (chosen?.efforts.length ?? 0) > 1;
  const face = (
    <>
      <span className="model-name">
        {/* Where room is short, the part that all of them share goes first. */}
        {name.startsWith(FAMILY) && <span className="model-family">{FAMILY}</span>}
        {name.startsWith(FAMILY) ? name.slice(FAMILY.length) : name}
      </span>
      {showsEffort && <span className="model-effort">{t(`effort.${effortNow}`)}</span>}
      {editable && <Icon name="chevron" />}
    </>
  );
  if (!name) return null;
  if (!editable) return <span className="model-button">{face}</span>;
  return (
    <Menu label={t("model.label")} className="model-button" face={face} worded>
      {(close) => (
        <>
          <p className="menu-title">{t("model.choose")}</p>
          {models.models.length === 0 && <p className="menu-title">{t("model.none")}</p>}
          {models.models.map((each) => (
            <ModelItem
              key={each.id}
              model={each}
              chosen={each.id === chosen?.id}
              onChoose={() => {
                close();
                onChoose(changeTo(each, effort));
              }}
            />
          ))}
          {chosen && chosen.efforts.length > 1 && (
            <EffortChoice
              efforts={chosen.efforts}
              now={effortNow}
              onChoose={(to) => onChoose({ effort: to })}
            />
          )}
        </>
      )}
    </Menu>
  );
}

/** An effort that the new model doesn't take gives way to the model's own. */
function changeTo(model: ModelInfo, effort: Effort | null): { model: string; effort?: Effort } {
  if (effort === null || model.efforts.includes(effort) || !model.default_effort) return { model: model.id };
  return { model: model.id, effort: model.default_effort };
}

function ModelItem({ model, chosen, onChoose }: { model: ModelInfo; chosen: boolean; onChoose: () => void }) {
  const t = useWords();
  const note = model.deprecated ? t("model.deprecated") : model.simulated ? t("model.simulated") : undefined;
  return (
    <button type="button" className="menu-item" aria-pressed={chosen} onClick={onChoose}>
      <span className="menu-check">{chosen && <Icon name="check" />}</span>
      <span className="model-line">
        <span>{model.display_name}</span>
        {note && <span className="model-note">{note}</span>}
      </span>
    </button>
  );
}

interface EffortChoiceProps {
  efforts: readonly Effort[];
  now: Effort | undefined;
  onChoose: (effort: Effort) => void;
}

function EffortChoice({ efforts, now, onChoose }: EffortChoiceProps) {
  const t = useWords();
  return (
    <>
      <hr className="menu-line" />
      <p className="menu-title" id="effort-title">
        {t("model.effort")}
      </p>
      <div className="choices" role="group" aria-labelledby="effort-title">
        {efforts.map((effort) => (
          <button key={effort} type="button" aria-pressed={effort === now} onClick={() => onChoose(effort)}>
            {t(`effort.${effort}`)}
          </button>
        ))}
      </div>
    </>
  );
}
