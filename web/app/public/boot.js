// Runs before the first paint, so that a chosen theme or language never flashes the other one.
// A file of its own because the content security policy allows no inline script.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("madang.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const language = localStorage.getItem("madang.language") ?? navigator.language;
    root.lang = language.startsWith("ko") ? "ko" : "en";
  } catch {
    // Storage may be refused (private windows): the system's choice stands.
  }
})();
