/** The rooms on a phone: one at a time, and only those that exist. */
import { useWords } from "../i18n/index.js";
import { Icon, type IconName } from "../ui/Icon.js";

export type Room = "chat" | "people" | "sessions";

const ICONS: Record<Room, IconName> = { chat: "chat", people: "people", sessions: "list" };

interface BottomBarProps {
  rooms: readonly Room[];
  /** None on a page that is none of them. */
  room: Room | undefined;
  onRoom: (room: Room) => void;
}

export function BottomBar({ rooms, room, onRoom }: BottomBarProps) {
  const t = useWords();
  return (
    <nav className="bottom-bar" aria-label={t("room.label")}>
      {rooms.map((name) => (
        <button
          key={name}
          type="button"
          aria-current={room === name ? "page" : undefined}
          onClick={() => onRoom(name)}
        >
          <Icon name={ICONS[name]} />
          {t(`room.${name}`)}
        </button>
      ))}
    </nav>
  );
}
