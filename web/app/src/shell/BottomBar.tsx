/** The rooms on a phone: one at a time, and only those that exist. */
import { useWords } from "../i18n/index.js";
import { Icon } from "../ui/Icon.js";

export type Room = "chat" | "sessions";

export function BottomBar({ room, onRoom }: { room: Room; onRoom: (room: Room) => void }) {
  const t = useWords();
  const item = (name: Room) => (
    <button type="button" aria-current={room === name ? "page" : undefined} onClick={() => onRoom(name)}>
      <Icon name={name === "chat" ? "chat" : "list"} />
      {t(`room.${name}`)}
    </button>
  );
  return (
    <nav className="bottom-bar" aria-label={t("room.label")}>
      {item("chat")}
      {item("sessions")}
    </nav>
  );
}
