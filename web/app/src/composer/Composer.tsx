/** Where one writes. It keeps what is written until it is sent, and never sends a syllable half composed. */
import type { Message, Participant } from "@madang/protocol";
import { type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { bytes } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import type { Target } from "../session/types.js";
import { onRequest, request } from "../shell/bus.js";
import { ComposerFoot } from "./ComposerFoot.js";
import { deedOf } from "./composition.js";
import { useDraft } from "./drafts.js";
import { MentionList, optionId } from "./MentionList.js";
import { ReplyingTo } from "./ReplyingTo.js";
import { isTooLong, recipientOf } from "./recipient.js";
import { useGrowing } from "./useGrowing.js";
import { useMentions } from "./useMentions.js";
import "./composer.css";

/** Keys that turn the pages of the conversation while the text here has only one. */
const PAGES: Readonly<Record<string, 1 | -1>> = { PageDown: 1, PageUp: -1 };

/** What goes with the text. */
export interface SendExtras {
  mentions: readonly string[];
}

interface ComposerProps {
  /** Under which name its draft is kept. */
  place: string;
  /** Whether Claude writes now. */
  running: boolean;
  /** Whom one may talk to; a switch where that is more than one. */
  targets: readonly Target[];
  /** Who can be named. */
  people?: readonly Participant[];
  replyingTo?: Message | undefined;
  onLeaveReply?: () => void;
  onTyping?: (typing: boolean) => void;
  onSend: (text: string, to: Target, extras: SendExtras) => void;
  onStop?: (() => void) | undefined;
  onEditLast?: (() => void) | undefined;
}

const NOBODY: readonly Participant[] = [];

export function Composer(props: ComposerProps) {
  const {
    place,
    running,
    targets,
    people = NOBODY,
    replyingTo,
    onTyping,
    onSend,
    onStop,
    onEditLast,
  } = props;
  const t = useWords();
  const language = useLanguage();
  const listId = useId();
  const { limits } = useHere();
  const [text, setText] = useDraft(place);
  const [wanted, setWanted] = useState<Target>("claude");
  const field = useRef<HTMLTextAreaElement>(null);
  const mentions = useMentions(field, people, setText);
  useGrowing(field, text);

  const chosen = targets.includes(wanted) ? wanted : (targets[0] ?? "claude");
  const empty = text.trim() === "";
  const to = targets.includes("claude") ? recipientOf(text, chosen) : chosen;
  const tooLong = isTooLong(text, limits?.content_bytes);
  const { take } = mentions;

  const send = useCallback(() => {
    if (empty || tooLong) return;
    onSend(text.trim(), to, { mentions: take(text) });
    setText("");
    onTyping?.(false);
    field.current?.focus();
  }, [empty, tooLong, onSend, text, to, setText, onTyping, take]);

  useEffect(() => onRequest("send", send), [send]);
  useEffect(() => onRequest("focusComposer", () => field.current?.focus()), []);
  useEffect(() => {
    // Whoever comes here comes to write; where there is no keyboard, one would cover half of the screen.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);
  useEffect(() => {
    if (replyingTo) field.current?.focus();
  }, [replyingTo]);
  useEffect(
    () =>
      onRequest("write", (words) => {
        setText(words);
        field.current?.focus();
      }),
    [setText],
  );

  const pressed = (event: KeyboardEvent) => {
    if (mentions.pressed(event)) return;
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
    if (key === "Escape" && replyingTo && !isComposing) {
      event.preventDefault();
      props.onLeaveReply?.();
      return;
    }
    const deed = deedOf({ key, shiftKey, altKey, isComposing, keyCode }, text === "");
    if (deed === "nothing") return;
    if (deed === "editLast" && !onEditLast) return;
    event.preventDefault();
    if (deed === "send") send();
    else onEditLast?.();
  };
  const changed = (value: string) => {
    setText(value);
    onTyping?.(value.trim() !== "");
    mentions.look();
  };

  const placeholder =
    chosen === "everyone"
      ? "composer.placeholder.everyone"
      : running
        ? "composer.placeholder.queue"
        : "composer.placeholder.claude";
  const listed = mentions.offers.length > 0;

  return (
    <div className="composer">
      {listed && (
        <MentionList id={listId} offers={mentions.offers} chosen={mentions.chosen} onPick={mentions.pick} />
      )}
      {replyingTo && <ReplyingTo message={replyingTo} onLeave={() => props.onLeaveReply?.()} />}
      <textarea
        ref={field}
        id="composer"
        rows={1}
        value={text}
        placeholder={t(placeholder)}
        aria-label={t(chosen === "everyone" ? "composer.label.everyone" : "composer.label.claude")}
        aria-describedby="composer-hint"
        aria-invalid={tooLong}
        aria-autocomplete="list"
        aria-controls={listed ? listId : undefined}
        aria-activedescendant={listed ? optionId(listId, mentions.chosen) : undefined}
        enterKeyHint="send"
        onChange={(event) => changed(event.target.value)}
        onSelect={mentions.look}
        onBlur={() => {
          mentions.close();
          onTyping?.(false);
        }}
        onKeyDown={pressed}
      />
      {tooLong && (
        <p className="composer-note" role="alert">
          {t("composer.too_long", { max: bytes(limits?.content_bytes ?? 0, language) })}
        </p>
      )}
      <ComposerFoot
        targets={targets}
        chosen={chosen}
        onChoose={setWanted}
        running={running}
        sendable={!empty && !tooLong}
        empty={empty}
        onSend={send}
        onStop={onStop}
      />
    </div>
  );
}
