// Draws one diagram for the page around this frame. It is told the source by a message, answers with the
// height it needs or with what is wrong, and can reach nothing else: see the policy in mermaid.html.
(() => {
  /** Characters of a diagram's source; beyond this the reader sees the source alone. */
  const SOURCE_CHARS_MAX = 20_000;
  let drawn = 0;

  const tell = (message) => parent.postMessage({ madang: "mermaid", ...message }, "*");

  const draw = async ({ source, dark }) => {
    const mine = ++drawn;
    if (typeof source !== "string" || source.length > SOURCE_CHARS_MAX) throw new Error("too large");
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      theme: dark ? "dark" : "neutral",
      fontFamily: "system-ui, sans-serif",
      maxTextSize: SOURCE_CHARS_MAX,
      suppressErrorRendering: true,
    });
    const { svg } = await mermaid.render(`d${mine}`, source);
    if (mine !== drawn) return;
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    document.body.replaceChildren(document.importNode(parsed, true));
    const box = document.body.firstElementChild.getBoundingClientRect();
    tell({ height: Math.ceil(box.height), width: Math.ceil(box.width) });
  };

  addEventListener("message", (event) => {
    if (event.source !== parent || !event.data || event.data.madang !== "mermaid") return;
    draw(event.data).catch((error) => tell({ error: String(error?.message ?? error).slice(0, 300) }));
  });
  addEventListener("resize", () => {
    const svg = document.body.firstElementChild;
    if (svg) tell({ height: Math.ceil(svg.getBoundingClientRect().height) });
  });
  tell({ ready: true });
})();
