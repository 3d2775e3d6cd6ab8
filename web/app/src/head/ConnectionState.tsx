/** The connection: a dot with a name while all is well, words as soon as it isn't. */
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { Connection } from "../session/types.js";
import { goTo } from "../shell/route.js";
import { Button } from "../ui/Button.js";
import { useSecondsUntil } from "../ui/useNow.js";

export function ConnectionDot() {
  const t = useWords();
  const { connection } = useHere();
  const well = connection.kind === "connected";
  const name = t(well ? "connection.connected" : "connection.connecting");
  return <span className={`dot dot-${connection.kind}`} role="img" aria-label={name} title={name} />;
}

/** The line under the head; nothing while connected, and nothing before the first connection has had its time. */
export function ConnectionLine() {
  const t = useWords();
  const { connection } = useHere();
  const { reconnectNow } = useActions();
  const retryAt = connection.kind === "reconnecting" ? connection.retryAt : undefined;
  const seconds = useSecondsUntil(retryAt);
  const shown = connection.kind !== "connected" && connection.kind !== "connecting";
  return (
    <>
      {shown && (
        <div className={`connection-line connection-${connection.kind}`}>
          <p>{sentence(connection, seconds, t)}</p>
          {connection.kind === "reconnecting" && seconds > 0 && (
            <Button look="quiet" onClick={reconnectNow}>
              {t("connection.now")}
            </Button>
          )}
          {connection.kind === "closed" && connection.why === "credential" && (
            <Button look="quiet" onClick={() => goTo({ sessionId: undefined, page: "login" })}>
              {t("connection.login")}
            </Button>
          )}
          {connection.kind === "closed" && connection.why !== "credential" && (
            <Button look="quiet" onClick={() => location.reload()}>
              {t("app.failed.reload")}
            </Button>
          )}
        </div>
      )}
      {/* For ears: once per state, never every second. */}
      <p className="unseen" role="status">
        {shown ? sentence(connection, 0, t) : ""}
      </p>
    </>
  );
}

function sentence(connection: Connection, seconds: number, t: ReturnType<typeof useWords>): string {
  switch (connection.kind) {
    case "connected":
      return t("connection.connected");
    case "connecting":
      return t("connection.connecting");
    case "offline":
      return t("connection.offline");
    case "reconnecting":
      return seconds > 0 ? t("connection.reconnecting", { seconds }) : t("connection.reconnecting.now");
    case "closed":
      if (connection.why === "credential") return t("connection.closed.credential");
      return t(connection.why === "forbidden" ? "connection.closed.forbidden" : "connection.closed");
  }
}
