/** TeX to MathML elements: Temml's tree is copied element by element, and only what maths needs of it. */
import { createElement, memo, type ReactNode } from "react";
import temml from "temml";

/** Steps of macros and em of size that one formula may ask for. */
const EXPANSIONS_MAX = 500;
const SIZE_MAX: [number, number] = [20, 20];

const ELEMENTS = new Set(
  `math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts
   mprescripts none mtable mtr mtd mstyle mpadded mphantom menclose semantics`.split(/\s+/),
);
const ATTRIBUTES = new Set(
  `display mathvariant stretchy fence separator accent accentunder lspace rspace minsize maxsize movablelimits
   largeop symmetric form linethickness width height depth voffset scriptlevel displaystyle mathcolor
   mathbackground mathsize columnalign rowspacing columnspacing rowlines columnlines frame notation columnspan
   rowspan columnwidth`.split(/\s+/),
);
const STYLES = new Set([
  "color",
  "backgroundColor",
  "fontWeight",
  "fontStyle",
  "fontSize",
  "padding",
  "textAlign",
]);

interface TemmlNode {
  type?: string;
  text?: string;
  children?: TemmlNode[];
  attributes?: Record<string, unknown>;
  style?: Record<string, string>;
  classes?: (string | undefined)[];
}

interface FormulaProps {
  source: string;
  display: boolean;
  fallback: ReactNode;
}

function Formula({ source, display, fallback }: FormulaProps) {
  try {
    const tree: TemmlNode = temml.__renderToMathMLTree(source, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      strict: false,
      annotate: false,
      maxExpand: EXPANSIONS_MAX,
      maxSize: SIZE_MAX,
    });
    const drawn = copy(tree, 0);
    if (!display) return <span className="md-maths">{drawn}</span>;
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      <span className="md-maths-display" tabIndex={0}>
        {drawn}
      </span>
    );
  } catch {
    // Half a formula, or none: its source says more than an error would.
    return fallback;
  }
}

function copy(node: TemmlNode, key: number): ReactNode {
  if (typeof node.text === "string" && !node.children?.length) return node.text;
  const children = (node.children ?? []).map(copy);
  if (!node.type || !ELEMENTS.has(node.type)) return children;
  const props: Record<string, unknown> = { key };
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    if (ATTRIBUTES.has(name)) props[name] = String(value);
  }
  const style = Object.entries(node.style ?? {}).filter(
    ([name, value]) => STYLES.has(name) && !/url|expression/i.test(value),
  );
  if (style.length > 0) props["style"] = Object.fromEntries(style);
  const classes = (node.classes ?? []).filter(Boolean).join(" ");
  if (/^[\w -]+$/.test(classes)) props["className"] = classes;
  return createElement(node.type, props, ...children);
}

export default memo(Formula);
