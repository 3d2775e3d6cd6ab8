import type { Participant } from "@madang/protocol";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import { Composer } from "../src/composer/Composer.js";
import { begunAt, offersFor, stillNamed, withName } from "../src/composer/mentioning.js";
import { startLanguage } from "../src/i18n/index.js";
import Markdown from "../src/markdown/Markdown.js";
import { NamesContext, namesFrom, splitByNames } from "../src/markdown/names.js";
import { BackendContext } from "../src/session/backend.js";

beforeEach(() => startLanguage("en"));
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const person = (user_id: string, display_name: string): Participant => ({
  user_id,
  display_name,
  role: "collaborator",
  color: "",
  joined_at: 1,
});
const PEOPLE = [
  person("claude", "Claude"),
  person("u1", "박준"),
  person("u2", "Minji Kim"),
  person("u3", "Min"),
];

describe("a name begun", () => {
  it("is what follows an @ at the beginning of a word", () => {
    expect(begunAt("hello @mi", 9)).toEqual({ at: 6, words: "mi" });
    expect(begunAt("@", 1)).toEqual({ at: 0, words: "" });
    expect(begunAt("me@example.org", 14)).toBeUndefined();
    expect(begunAt("hello @mi there", 5)).toBeUndefined();
  });

  it("offers those it could be, by any word of the name, until it is written", () => {
    const offered = (words: string) => offersFor({ at: 0, words }, PEOPLE).map((each) => each.user_id);
    expect(offered("")).toHaveLength(4);
    expect(offered("mi")).toEqual(["u2", "u3"]);
    expect(offered("kim")).toEqual(["u2"]);
    expect(offered("박")).toEqual(["u1"]);
    expect(offered("Minji Kim ")).toEqual([]);
    expect(offered("nobody")).toEqual([]);
  });

  it("is written out, with one space behind it", () => {
    expect(withName("hi @mi there", { at: 3, words: "mi" }, "Minji Kim")).toEqual({
      text: "hi @Minji Kim there",
      caret: 14,
    });
  });

  it("counts only as long as it stands there", () => {
    const chosen = new Map([
      ["u1", "박준"],
      ["u2", "Minji Kim"],
    ]);
    expect(stillNamed("@박준 hello", chosen)).toEqual(["u1"]);
  });
});

describe("the list of people", () => {
  function open() {
    const onSend = vi.fn();
    render(
      <BackendContext value={fixtureBackend(new URLSearchParams())}>
        <Composer place="s" running={false} targets={["everyone"]} people={PEOPLE} onSend={onSend} />
      </BackendContext>,
    );
    const field = screen.getByRole<HTMLTextAreaElement>("textbox");
    const type = (value: string) => {
      fireEvent.change(field, { target: { value } });
      field.setSelectionRange(value.length, value.length);
      fireEvent.select(field);
    };
    return { onSend, field, type };
  }

  it("opens on @, is walked by arrows, and Enter writes the name instead of sending", () => {
    const { onSend, field, type } = open();
    type("hi @mi");
    expect(screen.getAllByRole("option")).toHaveLength(2);
    fireEvent.keyDown(field, { key: "ArrowDown" });
    expect(screen.getAllByRole("option")[1]?.getAttribute("aria-selected")).toBe("true");
    fireEvent.keyDown(field, { key: "ArrowUp" });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).not.toHaveBeenCalled();
    expect(field.value).toBe("hi @Minji Kim ");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("hi @Minji Kim", "everyone", { mentions: ["u2"] });
  });

  it("closes with Esc and leaves the text alone; a syllable being composed is not its key", () => {
    const { onSend, field, type } = open();
    type("@박");
    fireEvent.keyDown(field, { key: "Enter", isComposing: true, keyCode: 229 });
    expect(field.value).toBe("@박");
    fireEvent.keyDown(field, { key: "Escape" });
    expect(screen.queryByRole("listbox")).toBeNull();
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledOnce();
  });
});

describe("names in a text", () => {
  const names = namesFrom([
    { name: "Min", tone: "tone tone-1", own: false },
    { name: "Minji Kim", tone: "tone tone-2", own: true },
    { name: "박준", tone: "tone tone-3", own: false },
    { name: "a.*(b", tone: "tone", own: false },
  ]);
  const found = (text: string) =>
    names
      ? splitByNames(text, names).flatMap((piece) => (typeof piece === "string" ? [] : [piece.text]))
      : [];

  it("are found whole, the longest first, and not in addresses", () => {
    expect(found("@Minji Kim and @min")).toEqual(["@Minji Kim", "@min"]);
    expect(found("@Minjung")).toEqual([]);
    expect(found("me@Min.example")).toEqual([]);
    expect(found("@박준님, 회의실")).toEqual(["@박준"]);
    expect(found("@a.*(b")).toEqual(["@a.*(b"]);
  });

  async function drawn(source: string) {
    const { container } = await act(async () =>
      render(
        <Suspense>
          <NamesContext value={names}>
            <Markdown source={source} writing={false} />
          </NamesContext>
        </Suspense>,
      ),
    );
    return container;
  }

  it("are marked in prose, one's own apart, and not in code or links", async () => {
    const page = await drawn("@Minji Kim, `@Min` and [@Min](https://example.org)");
    const marks = [...page.querySelectorAll(".mention")];
    expect(marks.map((each) => [each.textContent, each.classList.contains("mention-own")])).toEqual([
      ["@Minji Kim", true],
    ]);
  });
});
