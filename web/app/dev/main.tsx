/** The app on invented sessions, for looking at states that are hard to bring about. Not part of the build. */
import { createRoot } from "react-dom/client";
import { App } from "../src/App.js";
import { startLanguage } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { fixtureBackend } from "./backend.js";

const root = document.getElementById("root");
if (!root) throw new Error("fixtures.html has no #root");
const wanted = new URLSearchParams(location.search);
const language = wanted.get("lang") === "ko" ? "ko" : "en";
history.replaceState(null, "", wanted.get("at") ?? "/s/ses_table");

await startLanguage(language);
createRoot(root).render(
  <BackendContext value={fixtureBackend(wanted)}>
    <App />
  </BackendContext>,
);
