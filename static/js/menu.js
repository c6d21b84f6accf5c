/* Menus: native popovers with menu keys.

   <ums-menu> <button class="…" type="button" aria-haspopup="menu">…</button>
              <div class="menu" role="menu" popover> <a|button class="menu-item" role="menuitem">…</a> … </div> </ums-menu>
   Context menu of a row or tree item: [data-menu-url="/…/menu"] – right click, Shift+F10, the Menu key, or a button
   [data-row-menu] inside it. The fragment (menu items) is loaded into #context-menu (in shell.html).
   Keys: arrows, Home, End, first letter, Esc (focus returns). */
import { twin } from "./dom.js";

const GAP = 4;

function placeAt(menu, x, y, flipY = y) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(GAP, Math.min(x, innerWidth - width - GAP))}px`;
  menu.style.top = `${y + height + GAP > innerHeight ? Math.max(GAP, flipY - height) : y}px`;
}

function items(menu) {
  return [...menu.querySelectorAll('[role^="menuitem"]')].filter((item) => item.checkVisibility());
}

function onKey(event) {
  const menu = event.currentTarget;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const go = (index) => { all[(index + all.length) % all.length]?.focus(); event.preventDefault(); event.stopPropagation(); };
  if (event.key === "ArrowDown") go(at + 1);
  else if (event.key === "ArrowUp") go(at < 0 ? -1 : at - 1);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(-1);
  else if (event.key === "Tab") menu.hidePopover();
  else if (event.key === "Escape") { event.stopPropagation(); }
  else if (event.key.length === 1 && event.key !== " ") {
    const letter = event.key.toLowerCase();
    const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find((item) => item.textContent.trim().toLowerCase().startsWith(letter));
    if (next) go(all.indexOf(next));
  }
}

function prepare(menu) {
  if (menu.dataset.ready) return;
  menu.dataset.ready = "1";
  menu.addEventListener("keydown", onKey);
  menu.addEventListener("click", (event) => {
    const item = event.target.closest('[role^="menuitem"]');
    if (item && item.getAttribute("role") !== "menuitemcheckbox" && item.getAttribute("aria-disabled") !== "true") menu.hidePopover();
  });
}

class UmsMenu extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector(":scope > button");
    this.menu = this.querySelector(":scope > [popover]");
    if (!this.button || !this.menu) return;
    this.menu.tabIndex = -1;
    this.button.setAttribute("aria-expanded", "false");
    this.button.popoverTargetElement = this.menu;
    prepare(this.menu);
    this.menu.addEventListener("toggle", (event) => {
      const open = event.newState === "open";
      this.button.setAttribute("aria-expanded", String(open));
      if (!open) return;
      const box = this.button.getBoundingClientRect();
      const end = this.hasAttribute("end") ? box.right - this.menu.offsetWidth : box.left;
      placeAt(this.menu, end, box.bottom + GAP, box.top - GAP);
      (this.menu.querySelector('[aria-checked="true"]') ?? items(this.menu)[0] ?? this.menu).focus();
    });
    this.button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); this.menu.showPopover(); }
    });
  }
}
customElements.define("ums-menu", UmsMenu);

const context = document.getElementById("context-menu");
let owner = null; // finds what the menu was opened from

async function openContext(target, x, y) {
  owner = twin(document.activeElement);
  await htmx.ajax("GET", target.dataset.menuUrl, { source: document.body, target: "#context-menu", swap: "innerHTML" });
  if (!context.childElementCount) return;
  context.showPopover();
  placeAt(context, x, y);
  items(context)[0]?.focus();
}

if (context) {
  prepare(context);
  context.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && (context.contains(document.activeElement) || document.activeElement === document.body)) owner?.()?.focus({ preventScroll: true });
  });
  document.addEventListener("contextmenu", (event) => {
    const target = event.target.closest("[data-menu-url]");
    if (!target || event.target.closest("input, textarea")) return;
    event.preventDefault();
    const box = target.getBoundingClientRect();
    const byKey = event.button !== 2;
    openContext(target, byKey ? box.left + 32 : event.clientX, byKey ? box.bottom : event.clientY);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row-menu]");
    const target = button?.closest("[data-menu-url]");
    if (!target) return;
    const box = button.getBoundingClientRect();
    openContext(target, box.right - 200, box.bottom + GAP);
  });
}
