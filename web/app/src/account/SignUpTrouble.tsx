import { useWords } from "../i18n/index.js";
import type { Trouble } from "../session/types.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { fieldWords } from "./fields.js";

/** Why there is no new account, in sentences that say more than the codes. */
export function SignUpTrouble({ trouble }: { trouble: Trouble | undefined }) {
  const t = useWords();
  const words =
    trouble?.code === "CONFLICT"
      ? t("signup.taken")
      : trouble?.code === "NOT_FOUND"
        ? t("join.gone")
        : trouble?.code === "FORBIDDEN"
          ? t("signup.closed")
          : fieldWords(trouble, t);
  return <TroubleLine trouble={trouble} words={words} />;
}
