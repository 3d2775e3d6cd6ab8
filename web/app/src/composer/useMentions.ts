/** The list of people that opens on `@`: which of them is chosen, and what keys do while it is open. */
import type { Participant } from "@madang/protocol";
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import { type Begun, begunAt, offersFor, stillNamed, withName } from "./mentioning.js";

export interface Mentions {
  offers: readonly Participant[];
  chosen: number;
  /** To be called when the text or the caret changes. */
  look: () => void;
  /** Whether the key was the list's. */
  pressed: (event: KeyboardEvent) => boolean;
  pick: (person: Participant) => void;
  close: () => void;
  /** Whom the text names, of those picked; forgets them. */
  take: (text: string) => string[];
}

export function useMentions(
  field: RefObject<HTMLTextAreaElement | null>,
  people: readonly Participant[],
  setText: (text: string) => void,
): Mentions {
  const [begun, setBegun] = useState<Begun>();
  const [at, setAt] = useState(0);
  const [closed, setClosed] = useState<number>();
  const picked = useRef(new Map<string, string>());
  const caret = useRef<number>(undefined);
  const offers = begun && begun.at !== closed ? offersFor(begun, people) : [];
  const chosen = Math.min(at, Math.max(0, offers.length - 1));

  useLayoutEffect(() => {
    // The caret goes behind the name once the text with it is drawn.
    if (caret.current === undefined) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  });

  const look = () => {
    const element = field.current;
    const found = element ? begunAt(element.value, element.selectionStart) : undefined;
    if (found?.at !== begun?.at || found?.words !== begun?.words) setAt(0);
    if (found?.at !== closed) setClosed(undefined);
    setBegun(found);
  };
  const pick = (person: Participant) => {
    const element = field.current;
    if (!element || !begun) return;
    const written = withName(element.value, begun, person.display_name);
    picked.current.set(person.user_id, person.display_name);
    caret.current = written.caret;
    setText(written.text);
    setBegun(undefined);
    element.focus();
  };
  const close = () => setClosed(begun?.at);
  const pressed = (event: KeyboardEvent): boolean => {
    const { isComposing, keyCode } = event.nativeEvent;
    if (offers.length === 0 || isComposing || keyCode === 229) return false;
    const person = offers[chosen];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((chosen + step + offers.length) % offers.length);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && person) pick(person);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  };
  const take = (text: string) => {
    const named = stillNamed(text, picked.current);
    picked.current.clear();
    return named;
  };
  return { offers, chosen, look, pressed, pick, close, take };
}
