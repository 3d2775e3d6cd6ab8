/** The list of sessions at the side; on a middle-sized window its icons alone. */
import { useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { SessionList } from "../sessions/SessionList.js";
import { Button, IconButton } from "../ui/Button.js";
import { Face } from "../ui/Face.js";
import { request } from "./bus.js";
import { goTo } from "./route.js";
import { Settings } from "./Settings.js";

interface RailProps {
  openId: string | undefined;
  /** Icons alone. */
  narrow: boolean;
  /** On a phone the list is the room. */
  room: boolean;
  onToggle: () => void;
  onPalette: () => void;
  onKeys: () => void;
}

export function Rail({ openId, narrow, room, onToggle, onPalette, onKeys }: RailProps) {
  const t = useWords();
  const { me } = useHere();
  const start = () => {
    goTo({ sessionId: undefined });
    request("focusComposer", undefined);
  };
  if (narrow) {
    return (
      <aside className="rail rail-narrow" aria-label={t("rail.title")}>
        <IconButton icon="rail" label={t("rail.expand")} onClick={onToggle} />
        <IconButton icon="plus" label={t("rail.new")} onClick={start} />
        <IconButton icon="search" label={t("palette.open")} onClick={onPalette} />
        <span className="rail-space" />
        <Settings onKeys={onKeys} />
      </aside>
    );
  }
  const Frame = room ? "main" : "aside";
  return (
    <Frame className="rail" aria-label={t("rail.title")}>
      <div className="rail-head">
        {room ? (
          <h1 className="rail-name">{t("app.name")}</h1>
        ) : (
          <span className="rail-name">{t("app.name")}</span>
        )}
        <IconButton icon="search" size="small" label={t("palette.open")} onClick={onPalette} />
        <IconButton icon="rail" size="small" label={t("rail.collapse")} onClick={onToggle} />
      </div>
      <div className="rail-new">
        <Button icon="plus" onClick={start}>
          {t("rail.new")}
        </Button>
      </div>
      <SessionList openId={openId} />
      <div className="rail-foot">
        <Settings onKeys={onKeys} />
        {me && (
          <button
            type="button"
            className="rail-me"
            title={me.displayName}
            onClick={() => goTo({ sessionId: undefined, page: "settings" })}
          >
            <Face name={me.displayName} color={me.color} />
            <span>
              {me.displayName}
              {me.guest && <span className="rail-guest"> · {t("rail.guest")}</span>}
            </span>
          </button>
        )}
      </div>
    </Frame>
  );
}
