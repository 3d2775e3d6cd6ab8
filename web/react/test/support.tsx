/** Components on a client whose server is the test. */
import { act, render } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { vi } from "vitest";
import { type Harness, harness } from "../../client/test/support/harness.js";
import { MadangProvider } from "../src/index.js";

/** Milliseconds after which a frame was surely drawn. */
const FRAME_MS = 20;

export interface Mounted {
  readonly h: Harness;
  /** Runs `what`, and lets everything that follows from it happen. */
  readonly step: (what: () => unknown) => Promise<void>;
  readonly rerender: (children: ReactNode) => void;
  readonly unmount: () => void;
  readonly text: () => string;
}

/** Mounts `children` twice over, as strict mode does, and connects. */
export async function mount(children: ReactNode): Promise<Mounted> {
  const h = harness();
  const page = (content: ReactNode) => (
    <StrictMode>
      <MadangProvider client={h.client}>{content}</MadangProvider>
    </StrictMode>
  );
  const view = render(page(children));
  const step = async (what: () => unknown) => {
    await act(async () => {
      await what();
      await vi.advanceTimersByTimeAsync(FRAME_MS);
    });
  };
  await step(() => h.welcome());
  return {
    h,
    step,
    rerender: (content) => view.rerender(page(content)),
    unmount: view.unmount,
    text: () => view.container.textContent ?? "",
  };
}
