/* What every htmx request has in common: failures say what, why and what to do; focus and titles after navigation. */
import { announce } from "./dom.js";
import { toast } from "./toast.js";

const REASONS = {
  0: ["The server did not answer.", "Check the connection. Nothing was changed by this click as far as we know."],
  403: ["You may not do this.", "Your account lacks the permission. Ask an administrator of this directory."],
  404: ["This no longer exists.", "It was deleted or moved. Go back and read the list again."],
  409: ["Someone else was faster.", "The object changed meanwhile. Read it again, then repeat."],
  413: ["That is too large.", "Send less at once."],
  429: ["Too many requests.", "Wait a moment, then try again."],
};

function explain(xhr) {
  const [what, todo] = REASONS[xhr.status] ?? ["The server could not do this.", "Try again. If it stays, report the request id."];
  let said = {};
  try { said = JSON.parse(xhr.responseText) ?? {}; } catch { /* not JSON: our own words will do */ }
  const id = xhr.getResponseHeader?.("X-Request-ID");
  const next = said.message ? said.detail : todo;
  return { text: said.message || what, detail: [next, id && `Request ${id}`].filter(Boolean).join(" ") };
}

function failed(event) {
  const { xhr, elt, requestConfig } = event.detail;
  if (xhr.status === 401) { location.reload(); return; }
  const words = explain(xhr);
  const dialog = document.getElementById("dialog");
  if (dialog?.open && dialog.contains(elt)) {
    dialog.showError(words);
    return;
  }
  const retry = requestConfig?.verb === "get" ? () => htmx.ajax("GET", requestConfig.path, { source: elt, target: event.detail.target }) : null;
  toast({ ...words, level: "error", action: retry && { label: "Retry", run: retry } });
}

document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);

/* The server leaves the tree out for pages that can put an answer into their frame. Before this module has been loaded
   htmx swaps whole bodies: those answers need everything. */
document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-UMS-Frame"] = "1"; });

/* Navigation: a boosted answer replaces #page only, so tree, messages and the live socket stay. An answer without #page
   (the login page after the session ended) is opened as a real page. */
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.boosted) document.getElementById("page")?.classList.add("htmx-request");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.boosted) document.getElementById("page")?.classList.remove("htmx-request");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.shouldSwap) return;
  const page = detail.boosted || detail.target.id === "page";
  if (page && !detail.serverResponse.includes('id="page"')) {
    detail.shouldSwap = false;
    location.assign(detail.xhr.responseURL || location.href);
  } else if (detail.boosted) {
    detail.target = document.getElementById("page");
    detail.selectOverride = "#page";
    detail.swapOverride = "outerHTML show:none";
  }
});

/* The hits of the search box close behind who followed one. */
function closeHits() {
  const hits = document.getElementById("search-results");
  if (hits.contains(document.activeElement)) hits.closest("form").reset();
  hits.replaceChildren();
}

/* After it the reader hears where it is, and the keyboard stands at the top of the content when its place is gone. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "page") return;
  if (event.detail.boosted) closeHits();
  const title = document.querySelector("#page h1");
  if (title) announce(title.textContent.trim());
  if (document.activeElement === document.body) title?.focus({ preventScroll: true });
});

/* "ums:changed" with {"what": ["devices"]} also comes as "ums:changed-devices", for hx-trigger (whose filters need eval). */
document.addEventListener("ums:changed", (event) => {
  for (const what of event.detail?.what ?? []) document.body.dispatchEvent(new CustomEvent(`ums:changed-${what}`));
});
