/* The one modal dialog of the page: <dialog id="dialog"><div id="dialog-body"></div></dialog> (components/templates.html).

   Open:    any element with hx-get="/…/dialog" hx-target="#dialog-body" – the fragment extends components/dialog.html –
            or openDialog(url) from a module, or <button data-dialog="template-id"> for a <template> already in the page.
   Inside:  <form hx-post=… hx-target="#dialog-body">. The answer is
              422 with the fragment again (errors beside the fields), or
              204 with HX-Trigger {"ums:close": {}, "ums:toast": …, "ums:changed": …}, or HX-Redirect / HX-Location.
   Close:   [data-close], Esc, click on the backdrop (not when the form in it was changed).
   Type to confirm: <input data-confirm="North"> keeps the submit button disabled until the text is the same.
   Focus goes to [autofocus], else the first field, else the last button; afterwards back where it came from, or to what
   took its place, else to the heading (and hold.js keeps it in the list when that is read again). */
import { el, goBack, icon, twin } from "./dom.js";

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
let origin = null; // finds what the dialog was opened from

function confirmTyped(input) {
  const submit = input.form?.querySelector('[type="submit"]');
  if (submit) submit.disabled = input.value.trim() !== input.dataset.confirm;
}

function show() {
  if (!dialog.open) {
    origin ??= twin(document.activeElement);
    dialog.showModal();
  }
  body.querySelectorAll("[data-confirm]").forEach(confirmTyped);
  const first = body.querySelector('[aria-invalid="true"], [autofocus], .dialog-content :is(input:not([type="hidden"]), select, textarea), .dialog-foot button:last-child');
  first?.focus();
}

/** Fills the dialog from the server and opens it. */
export function openDialog(url, values = {}) {
  return htmx.ajax("GET", url, { source: document.body, target: "#dialog-body", swap: "innerHTML", values });
}

/** Opens the dialog with the content of a <template>; `fill(fragment)` may adapt it. */
export function openTemplate(id, fill) {
  const content = document.getElementById(id).content.cloneNode(true);
  fill?.(content);
  body.replaceChildren(content);
  show();
}

if (dialog) {
  dialog.showError = ({ text, detail }) => {
    body.querySelector(".notice.request-error")?.remove();
    const notice = el("div", { class: "notice bad request-error", role: "alert" }, icon("error"), el("div", {}, el("strong", {}, text), el("span", {}, detail)));
    (body.querySelector(".dialog-content") ?? body).prepend(notice);
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === body && body.childElementCount) show();
  });
  document.addEventListener("ums:close", () => dialog.close());

  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) dialog.close();
    else if (event.target === dialog && !body.querySelector("form[data-touched]")) dialog.close();
  });
  dialog.addEventListener("input", (event) => {
    event.target.form?.setAttribute("data-touched", "");
    if (event.target.matches("[data-confirm]")) confirmTyped(event.target);
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    goBack(origin);
    origin = null;
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) openTemplate(opener.dataset.dialog);
  });
}
