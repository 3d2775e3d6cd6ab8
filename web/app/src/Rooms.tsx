/** The rooms and how they stand beside each other, from a phone to a wide screen. */
import { type CSSProperties, lazy, Suspense, useCallback, useEffect, useState } from "react";
import { useGate } from "./account/useGate.js";
import { SessionRoom } from "./conversation/SessionRoom.js";
import { StartRoom } from "./conversation/StartRoom.js";
import { useWords, withWords } from "./i18n/index.js";
import { PeopleRoom, PeopleSide, SessionInvite } from "./people/SessionPeople.js";
import { useActions } from "./session/backend.js";
import { useDeletionClock } from "./sessions/useDeleting.js";
import { useAttention } from "./shell/attention.js";
import { BottomBar, type Room } from "./shell/BottomBar.js";
import { onRequest, request } from "./shell/bus.js";
import { ErrorBoundary } from "./shell/ErrorBoundary.js";
import { useNotifyState } from "./shell/notifications.js";
import { togglePanel, usePanel } from "./shell/panel.js";
import { Rail } from "./shell/Rail.js";
import { goTo, onVisit, type Route, useRoute } from "./shell/route.js";
import { useKeys } from "./shell/useKeys.js";
import { useRail } from "./shell/useRail.js";
import { Broken } from "./ui/Broken.js";
import { MIDDLE, useMedia } from "./ui/useMedia.js";

const Teller = lazy(() => import("./shell/Teller.js"));
const Palette = lazy(() => import("./shell/Palette.js"));
const Shortcuts = lazy(() => import("./shell/Shortcuts.js"));
const SettingsPage = lazy(withWords(() => import("./settings/SettingsPage.js")));
const AdminPage = lazy(withWords(() => import("./admin/AdminPage.js")));

type Sheet = "none" | "palette" | "keys" | "invite";

export function Rooms() {
  const t = useWords();
  const route = useRoute();
  const { connect } = useActions();
  const { sessionId } = route;
  const [sheet, setSheet] = useState<Sheet>("none");
  const [room, setRoom] = useState<Room>("chat");
  const { phone, narrow, toggle } = useRail();
  const middle = useMedia(MIDDLE);
  const panel = usePanel();
  const openPalette = useCallback(() => setSheet((now) => (now === "palette" ? "none" : "palette")), []);
  const openKeys = useCallback(() => setSheet("keys"), []);
  const close = useCallback(() => setSheet("none"), []);
  useKeys({ palette: openPalette, keys: openKeys });
  useDeletionClock();
  useAttention(sessionId);
  useGate();
  const notify = useNotifyState();

  useEffect(() => {
    connect();
  }, [connect]);
  // Whoever opens a session wants to be in it.
  useEffect(() => onVisit(() => setRoom("chat")), []);
  useEffect(() => onRequest("people", () => (phone ? setRoom("people") : togglePanel())), [phone]);
  useEffect(() => onRequest("invite", () => setSheet("invite")), []);

  const rooms: Room[] = sessionId ? ["chat", "people", "sessions"] : ["chat", "sessions"];
  const shown = rooms.includes(room) ? room : "chat";
  const side = sessionId !== undefined && panel.open && !phone;
  const layout = ["shell"];
  if (phone) layout.push("shell-phone");
  else if (narrow) layout.push("shell-narrow");
  if (side && !middle) layout.push("shell-side");

  return (
    <>
      <button type="button" className="skip" onClick={() => request("focusComposer", undefined)}>
        {t("settings.skip")}
      </button>
      <div className={layout.join(" ")} style={{ "--panel": `${panel.width}px` } as CSSProperties}>
        {(!phone || shown === "sessions") && (
          <Rail
            openId={sessionId}
            narrow={narrow}
            room={phone}
            onToggle={toggle}
            onPalette={openPalette}
            onKeys={openKeys}
          />
        )}
        {(!phone || shown === "chat") && (
          <main className="room">
            <ErrorBoundary resetKey={sessionId ?? route.page} fallback={<Broken />}>
              <Main route={route} />
            </ErrorBoundary>
          </main>
        )}
        {phone && shown === "people" && sessionId && <PeopleRoom sessionId={sessionId} />}
        {side && <PeopleSide sessionId={sessionId} over={middle} />}
        {phone && (
          <BottomBar
            rooms={rooms}
            room={route.page && shown === "chat" ? undefined : shown}
            onRoom={(to) => {
              setRoom(to);
              // From the settings this is the way back to where one talks.
              if (to === "chat" && route.page && shown === "chat") goTo({ sessionId: undefined });
            }}
          />
        )}
      </div>
      <Suspense>{notify === "on" && <Teller />}</Suspense>
      <Suspense>
        {sheet === "palette" && <Palette openId={sessionId} onClose={close} onKeys={openKeys} />}
        {sheet === "keys" && <Shortcuts onClose={close} />}
        {sheet === "invite" && sessionId && <SessionInvite sessionId={sessionId} onClose={close} />}
      </Suspense>
    </>
  );
}

function Main({ route }: { route: Route }) {
  const { sessionId, page, part } = route;
  if (sessionId) return <SessionRoom key={sessionId} sessionId={sessionId} />;
  if (page === "settings") {
    return (
      <Suspense>
        <SettingsPage />
      </Suspense>
    );
  }
  if (page === "admin") {
    return (
      <Suspense>
        <AdminPage part={part} />
      </Suspense>
    );
  }
  return <StartRoom />;
}
