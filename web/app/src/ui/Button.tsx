/** The two shapes of a button: words, and a picture with a name. */
import type { ComponentProps, ReactNode } from "react";
import { Icon, type IconName } from "./Icon.js";

type Native = Omit<ComponentProps<"button">, "children" | "className">;

interface ButtonProps extends Native {
  look?: "plain" | "main" | "quiet" | "danger";
  icon?: IconName;
  children: ReactNode;
}

export function Button({ look = "plain", icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button button-${look}`} {...rest}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps extends Native {
  icon: IconName;
  /** The name, for the tooltip and for screen readers. */
  label: string;
  size?: "normal" | "small";
}

export function IconButton({ icon, label, size = "normal", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`icon-button icon-button-${size}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
