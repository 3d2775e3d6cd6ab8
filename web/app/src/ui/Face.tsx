import { initialOf } from "../head/faces.js";
import { toneOf } from "./tone.js";

interface FaceProps {
  name: string;
  color: string | undefined;
  away?: boolean;
  typing?: boolean;
}

/** One letter in a person's colour; the name stands beside it, or is said by what holds it. */
export function Face({ name, color, away = false, typing = false }: FaceProps) {
  return (
    <span className={`face ${toneOf(color)}${away ? " face-away" : ""}`} aria-hidden="true">
      {initialOf(name)}
      {typing && <span className="face-typing" />}
    </span>
  );
}
