/** How much of the list is shown: whole, as icons, or a room of its own on a phone. */
import { useState } from "react";
import { read, write } from "../ui/storage.js";
import { MIDDLE, PHONE, useMedia } from "../ui/useMedia.js";

const KEY = "madang.rail";

interface RailState {
  phone: boolean;
  /** As icons. */
  narrow: boolean;
  toggle: () => void;
}

export function useRail(): RailState {
  const phone = useMedia(PHONE);
  const middle = useMedia(MIDDLE);
  const [wide, setWide] = useState<boolean | undefined>(() => {
    const kept = read(KEY);
    return kept === undefined ? undefined : kept === "wide";
  });
  // On a middle-sized window the room is the conversation's, unless the list was just asked for.
  const [asked, setAsked] = useState(false);
  const narrow = !phone && (middle ? !asked : wide === false);
  const toggle = () => {
    if (middle) {
      setAsked(!asked);
      return;
    }
    setWide(narrow);
    write(KEY, narrow ? "wide" : "icons");
  };
  return { phone, narrow, toggle };
}
