/** Where something that floats goes: beside its button, inside the window. */

/** Pixels between a button and what floats beside it, and between that and the window's edge. */
const GAP_PX = 4;
const MARGIN_PX = 8;

export function placeBeside(panel: HTMLElement, button: HTMLElement, align: "start" | "end"): void {
  const from = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = from.bottom + GAP_PX;
  const fitsBelow = below + size.height + MARGIN_PX <= innerHeight;
  const top = fitsBelow ? below : Math.max(MARGIN_PX, from.top - GAP_PX - size.height);
  const wanted = align === "end" ? from.right - size.width : from.left;
  const left = Math.min(
    Math.max(MARGIN_PX, wanted),
    Math.max(MARGIN_PX, innerWidth - size.width - MARGIN_PX),
  );
  panel.style.inset = "auto";
  panel.style.top = `${top}px`;
  panel.style.left = `${left}px`;
}
