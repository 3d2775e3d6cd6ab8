import { act, render } from "@testing-library/react";
import { Suspense } from "react";
import { startLanguage } from "../src/i18n/index.js";
import Markdown from "../src/markdown/Markdown.js";

/** Draws Markdown and gives the element that holds it. */
export async function drawn(source: string, writing = false): Promise<HTMLElement> {
  await startLanguage("en");
  const { container } = await act(async () =>
    render(
      <Suspense>
        <Markdown source={source} writing={writing} />
      </Suspense>,
    ),
  );
  return container;
}
