/** A title being edited where it stands: Enter keeps it, Esc leaves it as it was. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";

/** Characters, where the server has not said. */
const TITLE_CHARS = 200;

interface TitleInputProps {
  title: string;
  onDone: (title: string) => void;
  onCancel: () => void;
}

export function TitleInput({ title, onDone, onCancel }: TitleInputProps) {
  const t = useWords();
  const { limits } = useHere();
  const [value, setValue] = useState(title);
  const input = useRef<HTMLInputElement>(null);
  const settled = useRef(false);

  useEffect(() => input.current?.select(), []);

  const settle = (kept: boolean) => {
    if (settled.current) return;
    settled.current = true;
    const trimmed = value.trim();
    if (kept && trimmed) onDone(trimmed);
    else onCancel();
  };
  const pressed = (event: KeyboardEvent) => {
    // A syllable being composed is not finished with Enter: that Enter belongs to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") settle(true);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    settle(false);
  };

  return (
    <input
      ref={input}
      className="title-input"
      aria-label={t("session.title.label")}
      value={value}
      maxLength={limits?.title_chars ?? TITLE_CHARS}
      onChange={(event) => setValue(event.target.value)}
      onKeyDown={pressed}
      onBlur={() => settle(true)}
      // biome-ignore lint/a11y/noAutofocus: it replaces the very thing that was pressed.
      autoFocus
    />
  );
}
