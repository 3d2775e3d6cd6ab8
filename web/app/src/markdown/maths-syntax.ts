/**
 * Maths inside a line: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, as an extension of micromark and of its tree.
 * A single dollar opens before a character that is no space and closes after one, never before a digit: so
 * "between $5 and $10" stays money.
 */
import type { Literal } from "mdast";
import type { CompileContext, Token, Extension as TreeExtension } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Extension, State, Tokenizer } from "micromark-util-types";

declare module "micromark-util-types" {
  interface TokenTypeMap {
    mathInline: "mathInline";
    mathMark: "mathMark";
    mathText: "mathText";
  }
}

declare module "mdast" {
  interface PhrasingContentMap {
    inlineMath: InlineMath;
  }
  interface RootContentMap {
    inlineMath: InlineMath;
  }
}

export interface InlineMath extends Literal {
  type: "inlineMath";
  display: boolean;
}

/** Characters of one formula; beyond this it is text. */
const FORMULA_CHARS_MAX = 4000;

const DOLLAR = 36;
const BACKSLASH = 92;

const isSpace = (code: Code) => code === null || code === 32 || (code < 0 && code >= -5);
const isBreak = (code: Code) => code !== null && code < -2;
const isDigit = (code: Code) => code !== null && code >= 48 && code <= 57;

/** What a formula needs to know of its two marks. */
interface Marks {
  openRest: number[];
  close: number[];
  /** A single dollar, which is also money. */
  strict: boolean;
}

function body(effects: Effects, ok: State, nok: State, marks: Marks): State {
  let size = 0;
  let previous: Code = null;

  const first: State = (code) => {
    if (code === null || (marks.strict && isSpace(code))) return nok(code);
    return between(code);
  };
  const between: State = (code) => {
    if (code === null || size > FORMULA_CHARS_MAX) return nok(code);
    if (code === marks.close[0])
      return effects.attempt({ tokenize: closing, partial: true }, after, consume)(code);
    if (isBreak(code)) {
      effects.enter("lineEnding");
      effects.consume(code);
      effects.exit("lineEnding");
      previous = code;
      return between;
    }
    effects.enter("mathText");
    return text(code);
  };
  const text: State = (code) => {
    if (code === null || isBreak(code) || code === marks.close[0] || size > FORMULA_CHARS_MAX) {
      effects.exit("mathText");
      return between(code);
    }
    return take(code);
  };
  const take = (code: Code): State => {
    size += 1;
    previous = code;
    effects.consume(code);
    // A backslash takes the next character along, so that `\$` doesn't close.
    return code === BACKSLASH && marks.close[0] === DOLLAR ? escaped : text;
  };
  const escaped: State = (code) => {
    if (code === null || isBreak(code)) return text(code);
    size += 1;
    effects.consume(code);
    return text;
  };
  /** The sign of an end that ends nothing: part of the formula. */
  const consume: State = (code) => {
    effects.enter("mathText");
    return take(code);
  };
  const closing: Tokenizer = (inner, innerOk, innerNok) => {
    let at = 0;
    const sign: State = (code) => {
      if (code !== marks.close[at] || size === 0 || (marks.strict && isSpace(previous)))
        return innerNok(code);
      if (at === 0) inner.enter("mathMark");
      inner.consume(code);
      at += 1;
      return at === marks.close.length ? end : sign;
    };
    const end: State = (code) => {
      if (marks.strict && isDigit(code)) return innerNok(code);
      inner.exit("mathMark");
      return innerOk(code);
    };
    return sign;
  };
  const after: State = (code) => {
    effects.exit("mathInline");
    return ok(code);
  };
  return first;
}

const dollars: Construct = {
  name: "mathInline",
  tokenize(effects, ok, nok) {
    const second: State = (code) => {
      if (code === DOLLAR) {
        effects.consume(code);
        effects.exit("mathMark");
        return body(effects, ok, nok, { openRest: [DOLLAR], close: [DOLLAR, DOLLAR], strict: false });
      }
      effects.exit("mathMark");
      return body(effects, ok, nok, { openRest: [], close: [DOLLAR], strict: true })(code);
    };
    return (code) => {
      effects.enter("mathInline");
      effects.enter("mathMark");
      effects.consume(code);
      return second;
    };
  },
};

const brackets: Construct = {
  name: "mathInline",
  tokenize(effects, ok, nok) {
    const second: State = (code) => {
      if (code !== 40 && code !== 91) return nok(code);
      const close = [BACKSLASH, code === 40 ? 41 : 93];
      effects.consume(code);
      effects.exit("mathMark");
      return body(effects, ok, nok, { openRest: [code], close, strict: false });
    };
    return (code) => {
      effects.enter("mathInline");
      effects.enter("mathMark");
      effects.consume(code);
      return second;
    };
  },
};

export const mathsSyntax: Extension = { text: { [DOLLAR]: dollars, [BACKSLASH]: brackets } };

function leave(this: CompileContext, token: Token): void {
  const whole = this.sliceSerialize(token);
  const wide = whole.startsWith("$") && !whole.startsWith("$$") ? 1 : 2;
  const node = this.stack.at(-1) as unknown as InlineMath;
  node.value = whole.slice(wide, -wide).trim();
  node.display = whole.startsWith("$$") || whole.startsWith("\\[");
  this.exit(token);
}

export const mathsTree: TreeExtension = {
  enter: {
    mathInline(token) {
      this.enter({ type: "inlineMath", value: "", display: false }, token);
    },
  },
  exit: { mathInline: leave },
};
