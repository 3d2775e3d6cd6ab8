/** The app: the doors for those who come in, the rooms for those who are in. */

import { lazy, Suspense } from "react";
import { withWords } from "./i18n/index.js";
import { Rooms } from "./Rooms.js";
import { ErrorBoundary } from "./shell/ErrorBoundary.js";
import { Notices } from "./shell/Notices.js";
import { isDoor, useRoute } from "./shell/route.js";
import { Broken } from "./ui/Broken.js";
import "./theme/tokens.css";
import "./theme/base.css";
import "./ui/ui.css";
import "./shell/shell.css";

const DoorPage = lazy(withWords(() => import("./account/DoorPage.js")));

export function App() {
  const { page } = useRoute();
  return (
    <>
      <ErrorBoundary fallback={<Broken />}>
        {isDoor(page) ? (
          <Suspense>
            <DoorPage door={page} />
          </Suspense>
        ) : (
          <Rooms />
        )}
      </ErrorBoundary>
      <Notices />
    </>
  );
}
