/** A message edited in its place. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { isComposing } from "../composer/composition.js";
import { useWords } from "../i18n/index.js";
import { Button } from "../ui/Button.js";

interface EditMessageProps {
  text: string;
  label: string;
  note?: string;
  save: string;
  onSave: (text: string) => void;
  onCancel: () => void;
}

export function EditMessage({ text, label, note, save, onSave, onCancel }: EditMessageProps) {
  const t = useWords();
  const [value, setValue] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);

  const send = () => {
    if (value.trim()) onSave(value.trim());
  };
  const pressed = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
    if (event.key !== "Escape") return;
    event.preventDefault();
    onCancel();
  };

  return (
    <div className="edit">
      <textarea
        ref={field}
        aria-label={label}
        value={value}
        rows={1}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={pressed}
      />
      <div className="edit-foot">
        {note && <p>{note}</p>}
        <Button look="quiet" onClick={onCancel}>
          {t("message.cancel")}
        </Button>
        <Button look="main" disabled={!value.trim()} onClick={send}>
          {save}
        </Button>
      </div>
    </div>
  );
}
