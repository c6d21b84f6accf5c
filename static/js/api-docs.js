/* The page of the API in the theme of the console: a blocking classic script behind theme.js. Swagger UI is dark where
   <html> has the class "dark-mode"; it is set here from data-theme, or from what the system prefers. */
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    root.classList.toggle("dark-mode", (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark");
  };

  follow();
  system.addEventListener("change", follow);
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
})();
