/** How the server is: numbers, warnings, models. */
import { useCallback } from "react";
import type { Health } from "../account/types.js";
import { count, fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { useLoaded } from "../ui/useLoaded.js";
import { State } from "./State.js";

export function HealthPart() {
  const t = useWords();
  const { admin } = useHttp();
  const [loaded, reload] = useLoaded(useCallback(() => admin.health(), [admin]));
  return (
    <section className="section">
      <h2>{t("admin.health")}</h2>
      <State loaded={loaded} onRetry={reload}>
        {(health) => (
          <>
            <HealthFigures health={health} />
            <div>
              <Button onClick={reload}>{t("admin.refresh")}</Button>
            </div>
          </>
        )}
      </State>
    </section>
  );
}

function HealthFigures({ health }: { health: Health }) {
  const t = useWords();
  const language = useLanguage();
  // That the model is simulated the app says itself, in the language of now.
  const warnings = health.warnings.filter((each) => !(health.simulated && each.includes("simulated")));
  const figures: [string, string][] = [
    [t("health.version"), health.version],
    [t("health.started"), fullTime(health.started_at, language)],
    [t("health.connections"), count(health.connections, language)],
    [t("health.streams"), count(health.streams, language)],
    [t("health.sessions"), count(health.live_sessions, language)],
    [t("health.running"), count(health.running_turns, language)],
    [t("health.waiting"), count(health.waiting_turns, language)],
    [t("health.store"), t(health.store.healthy ? "health.ok" : "health.broken")],
  ];
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} className="trouble health-warning">
          {warning}
        </p>
      ))}
      {health.simulated && <p className="note">{t("simulated.line")}</p>}
      <dl className="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {health.models.length > 0 && (
        <ul className="lines">
          {health.models.map(({ model, state }) => (
            <li key={model} className="line">
              <code>{model}</code>
              <span className={`state state-${state}`}>{t(`health.model.${state}`)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
