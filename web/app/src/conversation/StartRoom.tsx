/** Where a session begins: nothing exists until the first message is sent. */
import type { Effort } from "@madang/protocol";
import { useCallback, useRef, useState } from "react";
import { Composer } from "../composer/Composer.js";
import { keepDraft, NEW } from "../composer/drafts.js";
import { ConnectionDot, ConnectionLine } from "../head/ConnectionState.js";
import { ModelPicker } from "../head/ModelPicker.js";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { Target } from "../session/types.js";
import { request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { goTo } from "../shell/route.js";
import { Button } from "../ui/Button.js";
import { ClaudeMark } from "../ui/Icon.js";
import "../head/head.css";
import "./conversation.css";
import "./states.css";

const CLAUDE: readonly Target[] = ["claude"];
const EXAMPLES = ["first.example.1", "first.example.2", "first.example.3"] as const;

export function StartRoom() {
  const t = useWords();
  const { models } = useHere();
  const { createSession, send } = useActions();
  const [choice, setChoice] = useState<{ model?: string; effort?: Effort }>({});
  const starting = useRef(false);

  const start = useCallback(
    (content: string, to: Target) => {
      if (starting.current) return;
      starting.current = true;
      createSession(choice)
        .then((sessionId) => {
          send({ sessionId, content, to }).catch(() => undefined);
          goTo({ sessionId }, "replace");
        })
        .catch((error) => {
          keepDraft(NEW, content);
          request("write", content);
          tellTrouble(error);
        })
        .finally(() => {
          starting.current = false;
        });
    },
    [choice, createSession, send],
  );

  return (
    <>
      <header className="head">
        <h1 className="head-title">{t("session.untitled")}</h1>
        <ModelPicker
          model={choice.model ?? ""}
          effort={choice.effort ?? null}
          editable
          onChoose={(change) => setChoice((now) => ({ ...now, ...change }))}
        />
        <ConnectionDot />
      </header>
      <ConnectionLine />
      <div className="empty">
        <ClaudeMark />
        <h2>{t("empty.title")}</h2>
        <p>{t("first.text")}</p>
        <div className="examples" role="group" aria-label={t("first.try")}>
          {EXAMPLES.map((example) => (
            <Button key={example} onClick={() => request("write", t(example))}>
              {t(example)}
            </Button>
          ))}
        </div>
      </div>
      <footer className="composer-place">
        <div className="measure">
          <Composer place={NEW} running={false} targets={CLAUDE} onSend={start} />
          {models?.simulated && <p className="simulated">{t("simulated.line")}</p>}
        </div>
      </footer>
    </>
  );
}
