import { clock, fullTime } from "../i18n/format.js";
import { useLanguage } from "../i18n/index.js";

/** When it was written: for eyes on hover, for ears always. */
export function MessageTime({ at }: { at: number }) {
  const language = useLanguage();
  return (
    <time className="message-time" dateTime={new Date(at).toISOString()} title={fullTime(at, language)}>
      {clock(at, language)}
    </time>
  );
}
