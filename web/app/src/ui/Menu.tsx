/**
 * A button with something that floats below it: the browser's own popover, so Esc and a press outside
 * close it and nothing of the page moves.
 */
import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { placeBeside } from "./place.js";

interface MenuProps {
  label: string;
  /** What the button shows. */
  face: ReactNode;
  /** Whether those are words: then they are its name, and the label tells more. */
  worded?: boolean;
  className?: string;
  align?: "start" | "end";
  /** Drawn only while open. */
  children: (close: () => void) => ReactNode;
}

export function Menu({
  label,
  face,
  worded = false,
  className = "icon-button icon-button-small",
  align = "end",
  children,
}: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  // Where it goes depends on its size, which it has once its contents are drawn.
  useLayoutEffect(() => {
    if (!open || !button.current || !panel.current) return;
    placeBeside(panel.current, button.current, align);
    panel.current.querySelector<HTMLElement>("button, input, [tabindex]")?.focus();
  }, [open, align]);

  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={worded ? undefined : label}
        aria-description={worded ? label : undefined}
        title={label}
        aria-expanded={open}
        aria-haspopup="true"
        popoverTarget={id}
      >
        {face}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        className="floating"
        role="group"
        aria-label={label}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {open && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}
