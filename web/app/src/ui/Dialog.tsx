/** The browser's own modal dialog: it keeps the focus, gives it back, and closes with Esc or a press outside. */
import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";

interface DialogProps {
  label: string;
  className?: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ label, className = "", onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  // The event of a close comes later; by then it may be open again.
  const closed = () => {
    if (!dialog.current?.open) onClose();
  };
  const pressed = (event: MouseEvent<HTMLDialogElement>) => {
    if (event.target === dialog.current) onClose();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a modal dialog by itself.
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={label}
      onClose={closed}
      onClick={pressed}
    >
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
