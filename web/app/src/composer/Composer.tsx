/** Where one writes. It keeps what is written until it is sent, and never sends a syllable half composed. */
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { bytes } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import type { Target } from "../session/types.js";
import { onRequest, request } from "../shell/bus.js";
import { Icon } from "../ui/Icon.js";
import { deedOf } from "./composition.js";
import { useDraft } from "./drafts.js";
import { isTooLong, recipientOf } from "./recipient.js";
import { TargetSwitch } from "./TargetSwitch.js";
import { useGrowing } from "./useGrowing.js";
import "./composer.css";

/** Keys that turn the pages of the conversation while the text here has only one. */
const PAGES: Readonly<Record<string, 1 | -1>> = { PageDown: 1, PageUp: -1 };

interface ComposerProps {
  /** Under which name its draft is kept. */
  place: string;
  /** Whether Claude writes now. */
  running: boolean;
  /** The switch is there only where there is someone to talk to. */
  switchable: boolean;
  onSend: (text: string, to: Target) => void;
  onStop?: (() => void) | undefined;
  onEditLast?: (() => void) | undefined;
}

export function Composer({ place, running, switchable, onSend, onStop, onEditLast }: ComposerProps) {
  const t = useWords();
  const language = useLanguage();
  const { limits } = useHere();
  const [text, setText] = useDraft(place);
  const [chosen, setChosen] = useState<Target>("claude");
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, text);

  const empty = text.trim() === "";
  const to = recipientOf(text, chosen);
  const tooLong = isTooLong(text, limits?.content_bytes);

  const send = useCallback(() => {
    if (empty || tooLong) return;
    onSend(text.trim(), to);
    setText("");
    field.current?.focus();
  }, [empty, tooLong, onSend, text, to, setText]);

  useEffect(() => onRequest("send", send), [send]);
  useEffect(() => onRequest("focusComposer", () => field.current?.focus()), []);
  useEffect(() => {
    // Whoever comes here comes to write; where there is no keyboard, one would cover half of the screen.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);
  useEffect(
    () =>
      onRequest("write", (words) => {
        setText(words);
        field.current?.focus();
      }),
    [setText],
  );

  const pressed = (event: KeyboardEvent) => {
    const { key, shiftKey, altKey } = event;
    // With ⌘ or Ctrl it is the window's key, which sends from anywhere.
    if (event.metaKey || event.ctrlKey) return;
    const page = PAGES[key];
    if (page && field.current && field.current.scrollHeight <= field.current.clientHeight) {
      event.preventDefault();
      request("page", page);
      return;
    }
    const { isComposing, keyCode } = event.nativeEvent;
    const deed = deedOf({ key, shiftKey, altKey, isComposing, keyCode }, text === "");
    if (deed === "nothing") return;
    if (deed === "editLast" && !onEditLast) return;
    event.preventDefault();
    if (deed === "send") send();
    else onEditLast?.();
  };

  const placeholder =
    chosen === "everyone"
      ? "composer.placeholder.everyone"
      : running
        ? "composer.placeholder.queue"
        : "composer.placeholder.claude";

  return (
    <div className="composer">
      <textarea
        ref={field}
        id="composer"
        rows={1}
        value={text}
        placeholder={t(placeholder)}
        aria-label={t(chosen === "everyone" ? "composer.label.everyone" : "composer.label.claude")}
        aria-describedby="composer-hint"
        aria-invalid={tooLong}
        enterKeyHint="send"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={pressed}
      />
      {tooLong && (
        <p className="composer-note" role="alert">
          {t("composer.too_long", { max: bytes(limits?.content_bytes ?? 0, language) })}
        </p>
      )}
      <div className="composer-foot">
        {switchable && <TargetSwitch chosen={chosen} onChoose={setChosen} />}
        <p className="composer-hint" id="composer-hint">
          {t("composer.hint")}
        </p>
        {running && onStop && (
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
        {(!running || !empty || !onStop) && (
          <button
            type="button"
            className="round"
            aria-label={t("composer.send")}
            title={t("composer.send")}
            disabled={empty || tooLong}
            onClick={send}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
    </div>
  );
}
