/* Runs before the first paint, as a blocking classic script in <head>: theme, density and pane sizes from local storage.
   Writes on <html>: data-theme ("light"|"dark", absent = auto), data-density, data-tree, data-aside, data-messages
   ("closed"), and the custom properties --tree-width, --aside-width.
   The switch is any [data-set-theme="auto|light|dark"] (role=menuitemradio); app.js needs nothing else. */
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try { return JSON.parse(localStorage.getItem(`ums.${key}`)); } catch { return null; }
  };
  const write = (key, value) => {
    try { localStorage.setItem(`ums.${key}`, JSON.stringify(value)); } catch { /* private window: lasts for this page */ }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  const mark = () => {
    const now = root.dataset.theme ?? "auto";
    for (const item of document.querySelectorAll("[data-set-theme]")) {
      item.setAttribute("aria-checked", String(item.dataset.setTheme === now));
    }
  };

  apply(read("theme"));
  for (const key of ["density", "tree", "aside", "messages"]) {
    const value = read(key);
    if (value) root.dataset[key] = value;
  }
  for (const pane of ["tree", "aside"]) {
    const width = Number(read(`${pane}-width`));
    if (width >= 160 && width <= 640) root.style.setProperty(`--${pane}-width`, `${width}px`);
  }

  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", (event) => {
    const item = event.target.closest?.("[data-set-theme]");
    if (!item) return;
    write("theme", item.dataset.setTheme);
    apply(item.dataset.setTheme);
    mark();
  });
  addEventListener("storage", (event) => {
    if (event.key === "ums.theme") { apply(read("theme")); mark(); }
  });
})();
