/** A field with its name, a hint, and what is wrong with it, tied together for ears. */
import { type ComponentProps, type ReactNode, useId } from "react";

interface FieldProps extends Omit<ComponentProps<"input">, "children" | "className" | "id"> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

export function Field({ label, hint, error, ...rest }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        aria-describedby={note ? `${id}-note` : undefined}
        aria-invalid={error !== undefined}
        {...rest}
      />
      {note && (
        <p id={`${id}-note`} className={error ? "field-note field-error" : "field-note"}>
          {note}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string | number> {
  label: string;
  value: T;
  /** Each with what is said for it. */
  options: readonly (readonly [T, ReactNode])[];
  onChoose: (value: T) => void;
  disabled?: boolean;
}

/** One of few: the browser's own list, which every hand and every screen reader knows. */
export function Choice<T extends string | number>(props: ChoiceProps<T>) {
  const { label, value, options, onChoose, disabled = false } = props;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find(([each]) => String(each) === event.target.value);
          if (chosen) onChoose(chosen[0]);
        }}
      >
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
