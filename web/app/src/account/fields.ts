/** What a person is told of a field that the server refused: it names the field, the app says what is wanted. */
import type { Translate } from "../i18n/index.js";
import type { Trouble } from "../session/types.js";

export function fieldWords(trouble: Trouble | undefined, t: Translate): string | undefined {
  if (trouble?.code !== "INVALID_DATA") return undefined;
  if (trouble.message === "password" || trouble.message === "new") return t("account.password.wanted");
  if (trouble.message === "name") return t("account.name.wanted");
  if (trouble.message === "display_name") return t("account.display_name.wanted");
  return undefined;
}
