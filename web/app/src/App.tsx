/** The rooms and how they stand beside each other, from a phone to a wide screen. */
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { SessionRoom } from "./conversation/SessionRoom.js";
import { StartRoom } from "./conversation/StartRoom.js";
import { useWords } from "./i18n/index.js";
import { useDeletionClock } from "./sessions/useDeleting.js";
import { BottomBar, type Room } from "./shell/BottomBar.js";
import { request } from "./shell/bus.js";
import { ErrorBoundary } from "./shell/ErrorBoundary.js";
import { Notices } from "./shell/Notices.js";
import { Rail } from "./shell/Rail.js";
import { onVisit, useRoute } from "./shell/route.js";
import { useKeys } from "./shell/useKeys.js";
import { useRail } from "./shell/useRail.js";
import { useTitle } from "./shell/useTitle.js";
import { Button } from "./ui/Button.js";
import "./theme/tokens.css";
import "./theme/base.css";
import "./ui/ui.css";
import "./shell/shell.css";

const Palette = lazy(() => import("./shell/Palette.js"));
const Shortcuts = lazy(() => import("./shell/Shortcuts.js"));

type Sheet = "none" | "palette" | "keys";

export function App() {
  const t = useWords();
  const { sessionId } = useRoute();
  const [sheet, setSheet] = useState<Sheet>("none");
  const [room, setRoom] = useState<Room>("chat");
  const { phone, narrow, toggle } = useRail();
  const openPalette = useCallback(() => setSheet((now) => (now === "palette" ? "none" : "palette")), []);
  const openKeys = useCallback(() => setSheet("keys"), []);
  const close = useCallback(() => setSheet("none"), []);
  useKeys({ palette: openPalette, keys: openKeys });
  useDeletionClock();
  useTitle(sessionId);

  // Whoever opens a session wants to be in it.
  useEffect(() => onVisit(() => setRoom("chat")), []);

  const rail = (
    <Rail
      openId={sessionId}
      narrow={narrow}
      room={phone}
      onToggle={toggle}
      onPalette={openPalette}
      onKeys={openKeys}
    />
  );
  const layout = phone ? "shell shell-phone" : narrow ? "shell shell-narrow" : "shell";

  return (
    <>
      <button type="button" className="skip" onClick={() => request("focusComposer", undefined)}>
        {t("settings.skip")}
      </button>
      <div className={layout}>
        {(!phone || room === "sessions") && rail}
        {(!phone || room === "chat") && (
          <main className="room">
            <ErrorBoundary resetKey={sessionId} fallback={<Broken />}>
              {sessionId ? <SessionRoom key={sessionId} sessionId={sessionId} /> : <StartRoom />}
            </ErrorBoundary>
          </main>
        )}
        {phone && <BottomBar room={room} onRoom={setRoom} />}
      </div>
      <Suspense>
        {sheet === "palette" && <Palette onClose={close} onKeys={openKeys} />}
        {sheet === "keys" && <Shortcuts onClose={close} />}
      </Suspense>
      <Notices />
    </>
  );
}

function Broken() {
  const t = useWords();
  return (
    <div className="page-note" role="alert">
      <h1>{t("app.failed.title")}</h1>
      <p>{t("app.failed.text")}</p>
      <Button onClick={() => location.reload()}>{t("app.failed.reload")}</Button>
    </div>
  );
}
