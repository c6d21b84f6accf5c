/* Unsaved changes: <form data-guard> compares its content with what was loaded. While different it carries data-dirty
   (components.css shows its .unsaved line), the tab's title gets a dot, and leaving asks: the browser's own question for
   real navigation, our dialog (<template id="leave-dialog">) for swapped pages. A saved form is replaced by the server or
   receives the event "ums:saved", which takes the content as the new beginning. */
import { openTemplate } from "./dialog.js";

const begun = new WeakMap();
const content = (form) => new URLSearchParams([...new FormData(form)].map(([key, value]) => [key, String(value)])).toString();
const guarded = () => [...document.querySelectorAll("form[data-guard]")];
export const dirtyForms = () => guarded().filter((form) => "dirty" in form.dataset);

function remember(form) {
  begun.set(form, content(form));
  check(form);
}

function check(form) {
  if (content(form) === begun.get(form)) delete form.dataset.dirty;
  else form.dataset.dirty = "";
  const dot = dirtyForms().length ? "• " : "";
  document.title = dot + document.title.replace(/^• /, "");
}

const scan = () => guarded().forEach((form) => { if (!begun.has(form)) remember(form); });

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.form;
    if (form && begun.has(form)) check(form);
  });
}
document.addEventListener("ums:saved", (event) => { if (event.target.matches?.("form[data-guard]")) remember(event.target); else guarded().forEach(remember); });
document.addEventListener("reset", (event) => { if (begun.has(event.target)) setTimeout(() => check(event.target)); });
document.addEventListener("submit", (event) => { if (!event.target.hasAttribute("hx-post")) delete event.target.dataset.dirty; });
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  const moves = ["HX-Redirect", "HX-Location", "HX-Refresh"].some((name) => xhr.getResponseHeader(name));
  if (elt.matches("form[data-guard]") && xhr.status < 400 && moves) delete elt.dataset.dirty;
});
document.addEventListener("htmx:load", scan);
scan();

addEventListener("beforeunload", (event) => { if (dirtyForms().length) event.preventDefault(); });

document.addEventListener("htmx:confirm", (event) => {
  const { target, elt, issueRequest } = event.detail;
  const forms = dirtyForms().filter((form) => target?.contains(form) && !form.contains(elt) && form !== elt);
  if (!forms.length) return;
  event.preventDefault();
  openTemplate("leave-dialog", (dialog) => {
    dialog.querySelector("[data-leave]").addEventListener("click", () => {
      forms.forEach((form) => delete form.dataset.dirty);
      document.getElementById("dialog").close();
      issueRequest(true);
    });
  });
});
