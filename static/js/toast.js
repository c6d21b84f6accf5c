/* Toasts: short news with an optional Undo.

   From the server:  HX-Trigger: {"ums:toast": {"text": "…", "detail": "…", "level": "success|info|warning|error",
                                  "undo": {"url": "/…", "label": "Undo"}}}          (undo is an htmx POST, swap none)
   In the page:      <ums-toast level="success" undo="/…">Assigned 2 profiles to North.</ums-toast>  (Django messages)
   From modules:     toast({text, detail, level, undo, action: {label, run}})
   The key u presses the newest Undo.
   Toasts leave after 8 s, with Undo or errors after 20 s; not while pointed at or focused. The focus goes back where it came from. */
import { el, goBack, icon, twin } from "./dom.js";

const ICONS = { success: "check", info: "info", warning: "warning", error: "error" };

function place() {
  const stack = document.getElementById("toasts");
  /* A modal dialog is in the top layer; the stack follows it there as a popover so that it stays readable. */
  if (stack.showPopover && stack.hasAttribute("popover")) {
    if (stack.matches(":popover-open")) stack.hidePopover();
    stack.showPopover();
  }
  return stack;
}

export function toast({ text, detail = "", level = "info", undo = null, action = null }) {
  const stack = place();
  const body = el("div", { class: "toast-text" }, text);
  if (detail) body.append(el("small", {}, detail));
  const node = el("div", { class: `toast toast-${level}`, role: level === "error" ? "alert" : "status" }, icon(ICONS[level] ?? "info"), body);
  let before = null;
  const leave = () => {
    const focused = node.contains(document.activeElement);
    node.remove();
    if (focused) goBack(before);
  };

  const press = undo
    ? { label: undo.label ?? "Undo", run: () => htmx.ajax("POST", undo.url, { source: document.body, swap: "none" }) }
    : action;
  if (press) {
    const button = el("button", { class: "button", type: "button" }, press.label);
    if (undo || press.label === "Undo") {
      stack.querySelectorAll('[data-key="u"]').forEach((older) => { older.removeAttribute("data-key"); older.querySelector("kbd")?.remove(); });
      button.dataset.key = "u";
      button.append(el("kbd", { "aria-hidden": "true" }, "u"));
    }
    button.addEventListener("click", () => { press.run(); leave(); });
    node.append(button);
  }
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Dismiss" }, icon("close"));
  close.addEventListener("click", leave);
  node.append(close);
  stack.append(node);
  while (stack.children.length > 4) stack.firstElementChild.remove();

  let timer;
  const wait = () => { timer = setTimeout(leave, press || level === "error" ? 20_000 : 8_000); };
  const hold = () => clearTimeout(timer);
  node.addEventListener("pointerenter", hold);
  node.addEventListener("focusin", (event) => {
    hold();
    if (event.relatedTarget && !node.contains(event.relatedTarget)) before = twin(event.relatedTarget);
  });
  node.addEventListener("pointerleave", wait);
  node.addEventListener("focusout", wait);
  wait();
  return node;
}

class UmsToast extends HTMLElement {
  connectedCallback() {
    const undo = this.getAttribute("undo");
    const said = { text: this.textContent.trim(), level: this.getAttribute("level") ?? "info", undo: undo && { url: undo } };
    this.remove();
    toast(said);
  }
}
customElements.define("ums-toast", UmsToast);

document.addEventListener("ums:toast", (event) => toast(event.detail));
