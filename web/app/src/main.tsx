/** The start: the language, then the app; the connection and what shows messages are on their way meanwhile. */
import { createClient, keepIn } from "@madang/client";
import { MadangProvider } from "@madang/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { prepareConversation } from "./conversation/SessionRoom.js";
import { startLanguage } from "./i18n/index.js";
import { prepareMarkdown } from "./markdown/MessageText.js";
import { BackendContext } from "./session/backend.js";
import { liveBackend } from "./session/live.js";
import { isDoor, routeOf } from "./shell/route.js";

const client = createClient({
  client: { name: "@madang/app", version: "0.1.0" },
  // Per tab: two tabs that both sent what waits would say it twice.
  keeper: keepIn(sessionStorage),
});
// At a door it is not known yet as whom.
const start = routeOf(location.pathname);
if (!isDoor(start.page)) client.connect();
if (start.sessionId) prepareConversation();
const backend = liveBackend(client);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

await startLanguage();
createRoot(root).render(
  <StrictMode>
    <MadangProvider client={client} connect={false}>
      <BackendContext value={backend}>
        <App />
      </BackendContext>
    </MadangProvider>
  </StrictMode>,
);
prepareConversation();
prepareMarkdown();
