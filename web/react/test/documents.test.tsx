import { ChangeSet } from "@codemirror/state";
import { cleanup } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { Authority } from "../../client/test/support/authority.js";
import { event, SESSION } from "../../client/test/support/fixtures.js";
import { onFakeTime } from "../../client/test/support/harness.js";
import { type SharedDocument, useDocument } from "../src/documents.js";
import { mount } from "./support.js";

onFakeTime();
afterEach(cleanup);

let shown: SharedDocument | undefined;

function Editor(): ReactNode {
  shown = useDocument(SESSION);
  return `${shown.name} ${shown.version} ${shown.state.status} ${shown.conflicts.length}`;
}

describe("useDocument", () => {
  it("do3_opens_it_says_how_it_stands_and_lets_one_decide", async () => {
    const { h, step, text, unmount } = await mount(<Editor />);
    expect(text()).toBe(" 0 loading 0");
    const socket = h.socket();
    expect(socket.sent("open_document").length).toBe(1);
    const authority = new Authority("abc");
    const state = () => event("document_state", authority.open(undefined, undefined) as never);
    const head = { correlation_id: socket.last("open_document").id };
    await step(() => socket.deliver({ ...state(), ...head }));
    expect(text()).toBe("main 0 saved 0");
    await step(() => shown?.store.edit(ChangeSet.of({ from: 0, insert: "x" }, 3)));
    expect(text()).toBe("main 0 saving 0");
    const refused = { code: "STALE_BASE", message: "", recoverable: true } as const;
    const answer = event("error", refused, { correlation_id: socket.last("code_change").id });
    await step(() => socket.deliver(answer, state()));
    expect(text()).toBe("main 0 conflict 1");
    await step(() => shown?.resolve(shown.conflicts[0]?.id ?? "", "mine"));
    expect([text(), shown?.store.text?.toString()]).toEqual(["main 0 saving 0", "xabc"]);
    unmount();
    expect(h.errors).toEqual([]);
  });
});
