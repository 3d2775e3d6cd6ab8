import { rememberWay } from "../account/way.js";
import { useWords } from "../i18n/index.js";
import { goTo } from "../shell/route.js";
import { Button } from "../ui/Button.js";

/** A guest's work hangs on one browser's memory; an account keeps it. */
export function GuestCard() {
  const t = useWords();
  const go = (page: "sign-up" | "login") => {
    rememberWay("/settings");
    goTo({ sessionId: undefined, page });
  };
  return (
    <section className="secret" aria-label={t("guest.title")}>
      <p>
        <strong>{t("guest.title")}</strong> {t("guest.text")}
      </p>
      <div className="sure-answers">
        <Button look="main" onClick={() => go("sign-up")}>
          {t("signup.title")}
        </Button>
        <Button onClick={() => go("login")}>{t("login.title")}</Button>
      </div>
    </section>
  );
}
