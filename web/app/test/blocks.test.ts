import { describe, expect, it } from "vitest";
import { RICH, SHELL } from "../dev/texts.js";
import { GrowingBlocks, splitBlocks } from "../src/markdown/blocks.js";
import { mend } from "../src/markdown/mend.js";

const kinds = (source: string) => splitBlocks(source).map((block) => block.kind);
const texts = (source: string) => splitBlocks(source).map((block) => block.text.trim());

describe("splitBlocks", () => {
  it("parts paragraphs at empty lines and headings by themselves", () => {
    expect(texts("# One\ntwo\nthree\n\nfour")).toEqual(["# One", "two\nthree", "four"]);
  });

  it("takes code out whole, with empty lines and what looks like Markdown in it", () => {
    const [before, code, after] = splitBlocks("a\n```js x\n# no heading\n\n- no list\n```\nb");
    expect(before?.text).toBe("a\n");
    expect(code).toMatchObject({
      kind: "code",
      info: "js x",
      text: "# no heading\n\n- no list",
      closed: true,
    });
    expect(after?.text).toBe("b");
  });

  it("keeps an unfinished fence as code that is open", () => {
    expect(splitBlocks("```py\nx = 1\n")).toEqual([
      { kind: "code", start: 0, text: "x = 1\n", info: "py", closed: false },
    ]);
    expect(splitBlocks("```")).toMatchObject([{ kind: "code", text: "", closed: false }]);
  });

  it("closes a fence only by as many of the same signs", () => {
    expect(splitBlocks("````\n```\nx\n````")).toMatchObject([{ kind: "code", text: "```\nx", closed: true }]);
    expect(splitBlocks("~~~\n```\n~~~")).toMatchObject([{ kind: "code", text: "```", closed: true }]);
  });

  it("leaves code inside of a list to the list", () => {
    expect(kinds("- one\n\n  ```js\n  a\n\n  b\n  ```\n\n- two\n\nafter")).toEqual(["markdown", "markdown"]);
  });

  it("keeps a list in one block, loose or tight", () => {
    expect(texts("1. one\n\n2. two\n\n   more\n\nafter")).toEqual(["1. one\n\n2. two\n\n   more", "after"]);
  });

  it("takes display maths out, and leaves dollars in prose alone", () => {
    expect(splitBlocks("$$\na\n+ b\n$$\nc")).toMatchObject([
      { kind: "math", text: "a\n+ b", closed: true },
      { kind: "markdown", text: "c" },
    ]);
    expect(splitBlocks("\\[ x^2 \\]")).toMatchObject([{ kind: "math", text: "x^2" }]);
    expect(kinds("$$ is the shell's number\n\nand more")).toEqual(["markdown", "markdown"]);
    expect(kinds("$$x$$ in a sentence")).toEqual(["markdown"]);
  });

  it("loses nothing: the blocks of a text cover all of its lines", () => {
    for (const source of [RICH, SHELL]) {
      const blocks = splitBlocks(source);
      blocks.forEach((block, at) => {
        const end = blocks[at + 1]?.start ?? source.length;
        expect(source.slice(block.start, end)).toContain(block.text.split("\n")[0]?.trim());
      });
      expect(blocks[0]?.start).toBe(0);
    }
  });
});

describe("GrowingBlocks", () => {
  it("gives the same blocks as splitting the whole, wherever the stream is cut", () => {
    const source = `${RICH}\n\n${SHELL}`;
    for (const step of [1, 7, 40]) {
      const growing = new GrowingBlocks();
      for (let at = step; at < source.length; at += step) {
        const part = source.slice(0, at);
        expect(growing.update(part)).toEqual(splitBlocks(part));
      }
      expect(growing.update(source)).toEqual(splitBlocks(source));
    }
  });

  it("keeps the very objects of blocks that stand", () => {
    const growing = new GrowingBlocks();
    const [first] = growing.update("one\n\ntwo\n\nthree\n\nfo");
    expect(growing.update("one\n\ntwo\n\nthree\n\nfour")[0]).toBe(first);
  });

  it("starts over when the text is another", () => {
    const growing = new GrowingBlocks();
    growing.update("one\n\ntwo");
    expect(growing.update("three")).toEqual(splitBlocks("three"));
  });

  it("keeps the blocks that are done, however long the reply grows", () => {
    const source = `${RICH}\n\n`.repeat(80).slice(0, 130_000);
    const growing = new GrowingBlocks();
    let before: readonly unknown[] = [];
    for (let at = 0; at < source.length; at += 100) {
      const blocks = growing.update(source.slice(0, at));
      // Only what stands at the end may be new: the rest is the same object, and is not drawn again.
      const kept = before.slice(0, -3);
      expect(kept.every((block, index) => block === blocks[index])).toBe(true);
      before = blocks;
    }
    expect(before.length).toBeGreaterThan(100);
  });
});

describe("mend", () => {
  it.each([
    ["**bo", "**bo**"],
    ["a **", "a "],
    ["`co", "`co`"],
    ["~~x", "~~x~~"],
    ["see [the docs](https://exa", "see the docs"],
    ["see ![a picture](https://exa", "see "],
    ["text\n-", "text"],
    ["text\n---", "text"],
    ["done **bold** and `code`", "done **bold** and `code`"],
  ])("makes %j %j", (cut, whole) => {
    expect(mend(cut)).toBe(whole);
  });

  it("shows a table from its first line on", () => {
    expect(mend("| a | b |")).toBe("| a | b |\n| --- | --- |");
    expect(mend("| a | b |\n| -")).toBe("| a | b |\n| --- | --- |");
    expect(mend("| a | b |\n| --- | ---: |\n| 1 |")).toBe("| a | b |\n| --- | ---: |\n| 1 |");
  });
});
