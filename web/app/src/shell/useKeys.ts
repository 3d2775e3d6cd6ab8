/** The keys of the whole window. */
import { useEffect } from "react";
import { request } from "./bus.js";
import { commandOf } from "./keys.js";

interface Sheets {
  palette: () => void;
  keys: () => void;
}

/** Whether something floats above the page, which Esc closes first (the browser does that). */
function isCovered(): boolean {
  return document.querySelector("dialog[open], [popover]:popover-open") !== null;
}

export function useKeys({ palette, keys }: Sheets): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (!command || event.defaultPrevented) return;
      const covered = isCovered();
      if (covered && command !== "palette") return;
      switch (command) {
        case "palette":
          palette();
          break;
        case "send":
          request("send", undefined);
          break;
        case "escape":
          request("stop", undefined);
          return;
        case "next":
          request("step", 1);
          break;
        case "previous":
          request("step", -1);
          break;
        case "keys":
          keys();
          break;
      }
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [palette, keys]);
}
