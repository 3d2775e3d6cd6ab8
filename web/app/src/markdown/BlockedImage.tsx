/**
 * What stands where a message has an image. A picture's address can carry away what was said (and a model can
 * be talked into writing such an address), so none is ever loaded by itself.
 */
import { useWords } from "../i18n/index.js";
import { Icon } from "../ui/Icon.js";
import { hostOf, safeAddress } from "./links.js";

export function BlockedImage({ address, words }: { address: string; words: string }) {
  const t = useWords();
  const safe = safeAddress(address);
  const face = (
    <>
      <Icon name="image" />
      <span>
        {words && `${words} · `}
        {t("image.blocked", { host: hostOf(address) })}
      </span>
    </>
  );
  if (safe === undefined) return <span className="md-image">{face}</span>;
  return (
    <a
      className="md-image"
      href={safe}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      referrerPolicy="no-referrer"
      title={t("image.blocked.hint", { url: safe })}
    >
      {face}
    </a>
  );
}
