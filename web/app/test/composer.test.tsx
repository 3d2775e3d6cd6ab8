import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import { Composer } from "../src/composer/Composer.js";
import { deedOf } from "../src/composer/composition.js";
import { draftOf, keepDraft } from "../src/composer/drafts.js";
import { isTooLong, recipientOf } from "../src/composer/recipient.js";
import { startLanguage } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import { request } from "../src/shell/bus.js";

beforeEach(() => startLanguage("en"));
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const BOTH = ["claude", "everyone"] as const;

function open(more: Partial<Parameters<typeof Composer>[0]> = {}) {
  const onSend = vi.fn();
  const backend = fixtureBackend(new URLSearchParams());
  const tree = (place: string) => (
    <BackendContext value={backend}>
      <Composer place={place} running={false} targets={BOTH} onSend={onSend} {...more} />
    </BackendContext>
  );
  const { rerender } = render(tree("ses_a"));
  const field = screen.getByRole<HTMLTextAreaElement>("textbox");
  return { onSend, field, move: (place: string) => rerender(tree(place)) };
}

const write = (field: HTMLElement, value: string) => fireEvent.change(field, { target: { value } });

describe("keys of the composer", () => {
  it("Enter sends and empties, Shift+Enter does neither", () => {
    const { onSend, field } = open();
    write(field, " hello \n");
    fireEvent.keyDown(field, { key: "Enter", shiftKey: true });
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("hello", "claude", { mentions: [] });
    expect(field.value).toBe("");
  });

  it("never sends a syllable that is being composed", () => {
    const { onSend, field } = open();
    write(field, "안녕하");
    fireEvent.keyDown(field, { key: "Enter", isComposing: true, keyCode: 229 });
    // Safari: the composition is over, and the key that ended it comes after.
    fireEvent.keyDown(field, { key: "Enter", keyCode: 229 });
    expect(onSend).not.toHaveBeenCalled();
    write(field, "안녕하세요");
    fireEvent.keyDown(field, { key: "Enter", keyCode: 13 });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("안녕하세요", "claude", { mentions: [] });
  });

  it("sends nothing when there is nothing", () => {
    const { onSend, field } = open();
    write(field, "  \n ");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).not.toHaveBeenCalled();
  });

  it("↑ edits the last message only while empty, and not in the middle of a syllable", () => {
    const key = { key: "ArrowUp", shiftKey: false, altKey: false, isComposing: false, keyCode: 38 };
    expect(deedOf(key, true)).toBe("editLast");
    expect(deedOf(key, false)).toBe("nothing");
    expect(deedOf({ ...key, isComposing: true }, true)).toBe("nothing");
  });

  it("can be asked to send from anywhere", () => {
    const { onSend, field } = open();
    write(field, "from afar");
    request("send", undefined);
    expect(onSend).toHaveBeenCalledOnce();
  });
});

describe("who it is for", () => {
  it("is Claude until one says otherwise, by switch or by name", () => {
    expect(recipientOf("hello", "everyone")).toBe("everyone");
    expect(recipientOf("what do you say, @claude?", "everyone")).toBe("claude");
    expect(recipientOf("write to me@claude.example", "everyone")).toBe("everyone");
    expect(recipientOf("hello", "claude")).toBe("claude");
  });

  it("follows the switch", () => {
    const { onSend, field } = open();
    fireEvent.click(screen.getByLabelText("Everyone"));
    write(field, "lunch?");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("lunch?", "everyone", { mentions: [] });
  });
});

describe("drafts", () => {
  it("stay with their session and survive", () => {
    const { field, move } = open();
    write(field, "half a thought");
    expect(draftOf("ses_a")).toBe("half a thought");
    move("ses_b");
    expect(field.value).toBe("");
    move("ses_a");
    expect(field.value).toBe("half a thought");
    cleanup();
    expect(open().field.value).toBe("half a thought");
  });

  it("are forgotten when sent", () => {
    keepDraft("ses_a", "x");
    const { field } = open();
    fireEvent.keyDown(field, { key: "Enter" });
    expect(draftOf("ses_a")).toBe("");
  });

  it("do not break the composer where storage is refused", () => {
    const refused = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { onSend, field } = open();
    write(field, "still here");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledOnce();
    refused.mockRestore();
  });
});

describe("while Claude writes", () => {
  it("the button stops, and what is written can still be sent", () => {
    const onStop = vi.fn();
    const { field } = open({ running: true, onStop });
    expect(screen.queryByLabelText("Send")).toBeNull();
    fireEvent.click(screen.getByLabelText("Stop Claude"));
    expect(onStop).toHaveBeenCalledOnce();
    write(field, "next");
    expect(screen.getByLabelText("Send")).toBeTruthy();
  });
});

describe("length", () => {
  it("counts bytes as the server does", () => {
    expect(isTooLong("가".repeat(10), 30)).toBe(false);
    expect(isTooLong("가".repeat(11), 30)).toBe(true);
    expect(isTooLong("a".repeat(30), 30)).toBe(false);
    expect(isTooLong("a", undefined)).toBe(false);
  });
});
