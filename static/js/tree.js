/* The tree: an ARIA navigation tree of links.

   <ums-tree><ul role="tree" aria-label="…">
     <li role="none">
       <a role="treeitem" id="…" href="…" aria-level="1" tabindex="-1|0" [aria-current="page"]
          [aria-expanded="false|true" aria-owns="ID-kids" data-children-url="/…"]
          [data-kind data-id data-label draggable="true" …]  (dragdrop.js)  [data-menu-url] (menu.js)>
         <span class="tree-twist">icon</span> icon <span class="tree-label">…</span> <span class="tree-count">…</span></a>
       <ul role="group" id="ID-kids" hidden></ul>
   The lines come from <ums-tree src="…">?open=ids&location=path, at first and again after "ums:changed", and "ums:tree" from
   live.js: names, places and counts. Children of a branch are loaded from data-children-url (the <li>s) when it is opened.
   Keys: up/down, right opens or goes in, left closes or goes out, Home, End, letters, * opens all siblings, Enter opens.
   The open branches are kept per tab. */

import { released } from "./hold.js";

const KEY = "ums.tree-branches";
const REFRESH_GAP = 2000;
const remembered = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");

/** What tells one node's address from another's: the path and the directory, not filters, order or page. */
function place(address) {
  const { pathname, searchParams } = new URL(address);
  return `${pathname}?kind=${searchParams.get("kind") ?? "standard"}&directory=${searchParams.get("directory") ?? ""}`;
}

class UmsTree extends HTMLElement {
  #typed = "";
  #refreshing = 0;
  #refreshedAt = 0;
  #timer = 0;
  #opening = new Set();
  #before = { open: [], closed: [] };

  connectedCallback() {
    this.addEventListener("click", this, { capture: true }); // before htmx, which follows the link of a line
    this.addEventListener("keydown", this);
    this.addEventListener("focusin", (event) => {
      if (event.target.matches('[role="treeitem"]')) this.#rove(event.target);
    });
    this.addEventListener("htmx:beforeSwap", ({ detail }) => {
      if (detail.target.matches('[role="tree"]')) this.#before = { open: [...this.#directories("true"), ...this.#opening], closed: this.#directories("false") };
    });
    this.addEventListener("htmx:afterSwap", ({ detail }) => {
      if (detail.target.matches('[role="tree"]')) this.#closeAgain();
    });
    document.body.addEventListener("htmx:pushedIntoHistory", this);
    document.body.addEventListener("htmx:afterSettle", this);
    document.body.addEventListener("ums:changed", this);
    document.body.addEventListener("ums:tree", this);
    this.#start();
  }

  disconnectedCallback() {
    document.body.removeEventListener("htmx:pushedIntoHistory", this);
    document.body.removeEventListener("htmx:afterSettle", this);
    document.body.removeEventListener("ums:changed", this);
    document.body.removeEventListener("ums:tree", this);
  }

  handleEvent(event) {
    if (event.type === "click") this.#click(event);
    else if (event.type === "keydown") this.#key(event);
    else if (event.type === "ums:tree" || event.type === "ums:changed") this.#changed();
    else if (event.type !== "htmx:afterSettle" || event.detail.elt?.id === "page") this.markCurrent();
  }

  get items() {
    return [...this.querySelectorAll('[role="treeitem"]')].filter((item) => !item.closest('[role="group"][hidden]'));
  }

  async #start() {
    await this.#refresh(remembered());
    const current = this.querySelector('[aria-current="page"]');
    this.#rove(current ?? this.querySelector('[role="treeitem"]'));
    current?.scrollIntoView({ block: "nearest" });
  }

  #rove(item) {
    if (!item) return;
    this.querySelectorAll('[role="treeitem"][tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
    item.tabIndex = 0;
  }

  #group(item) {
    return document.getElementById(item.getAttribute("aria-owns"));
  }

  #branch(id, state) {
    return this.querySelector(`[data-id="${CSS.escape(id)}"][aria-expanded="${state}"]`);
  }

  /** Ids of the directories that are open ("true") or closed. */
  #directories(state) {
    return [...this.querySelectorAll(`[data-id][aria-expanded="${state}"]`)].map((item) => item.dataset.id);
  }

  /** Ids of the directories that are open, and of the headings that are closed. */
  #branches() {
    const headings = [...this.querySelectorAll('[aria-expanded="false"]:not([data-id])')];
    return { open: this.#directories("true"), closed: headings.map((item) => item.id) };
  }

  #keep() {
    sessionStorage.setItem(KEY, JSON.stringify(this.#branches()));
  }

  /* The server opens all headings. */
  #closeAgain() {
    for (const id of remembered()?.closed ?? []) {
      const item = document.getElementById(id);
      if (item?.getAttribute("aria-expanded") === "true") this.collapse(item);
    }
  }

  /* What was opened or closed while the answer was on its way stays so. Branches whose children it does not hold, as those
     of linked directories, read them by themselves. */
  async #openAgain(asked) {
    const { open, closed } = this.#before;
    for (const id of closed) {
      const item = !open.includes(id) && this.#branch(id, "true");
      if (item) this.collapse(item);
    }
    for (const id of new Set([...asked.filter((one) => !closed.includes(one)), ...open])) {
      const item = this.#branch(id, "false");
      if (item) await this.expand(item);
    }
  }

  async #load(item) {
    const group = this.#group(item);
    item.setAttribute("aria-busy", "true");
    await htmx.ajax("GET", item.dataset.childrenUrl, { source: group, target: group, swap: "innerHTML" });
    item.removeAttribute("aria-busy");
    this.markCurrent();
  }

  async expand(item) {
    const group = this.#group(item);
    if (!group) return;
    const { id, childrenUrl } = item.dataset;
    if (childrenUrl && (!group.childElementCount || group.querySelector(":scope > [data-stale]"))) {
      this.#opening.add(id);
      await this.#load(item);
      this.#opening.delete(id);
    }
    item.setAttribute("aria-expanded", "true");
    group.hidden = false;
    this.#keep();
  }

  collapse(item) {
    const group = this.#group(item);
    if (!group) return;
    if (group.contains(document.activeElement)) item.focus();
    item.setAttribute("aria-expanded", "false");
    group.hidden = true;
    this.#keep();
  }

  toggle(item) {
    return item.getAttribute("aria-expanded") === "true" ? this.collapse(item) : this.expand(item);
  }

  /** The current item: the page itself, else the nearest of its breadcrumbs, else one of its tabs, else the longest path
      that fits. */
  markCurrent() {
    const items = [...this.querySelectorAll('[role="treeitem"][href]')];
    const links = (within) => [...document.querySelectorAll(`${within} a`)].map((link) => link.href);
    let best = null;
    for (const wanted of [location.href, ...links("#breadcrumbs").reverse(), ...links("#content > .tabs")].map(place)) best ??= items.find((item) => place(item.href) === wanted);
    for (const item of best ? [] : items) {
      if (location.pathname.startsWith(item.pathname) && (!best || item.pathname.length > best.pathname.length)) best = item;
    }
    this.querySelectorAll("[aria-current]").forEach((item) => item !== best && item.removeAttribute("aria-current"));
    best?.setAttribute("aria-current", "page");
    if (best && !this.contains(document.activeElement)) this.#rove(best);
  }

  /* Several changes are read at once; not while somebody drags something over the tree, nor while nobody sees it. */
  #changed() {
    this.#refreshing ||= setTimeout(() => this.#again(), Math.max(300, this.#refreshedAt + REFRESH_GAP - Date.now()));
  }

  async #again() {
    if (document.hidden) document.addEventListener("visibilitychange", () => this.#again(), { once: true });
    else if (document.querySelector("[data-drop-valid]")) this.#refreshing = setTimeout(() => this.#again(), 500);
    else {
      this.#refreshing = 0;
      await this.#refresh();
    }
  }

  /** Reads the whole tree, with the branches that are open: names, places and counts. */
  async #refresh(branches = this.#branches()) {
    const list = this.querySelector('[role="tree"]');
    await released(list);
    this.#refreshedAt = Date.now();
    const query = new URLSearchParams({ location: location.pathname + location.search });
    if (branches) query.set("open", branches.open.join(","));
    await htmx.ajax("GET", `${this.getAttribute("src")}?${query}`, { source: this, target: list, swap: "innerHTML" });
    list.removeAttribute("aria-busy");
    this.#openAgain(branches?.open ?? []);
    this.markCurrent();
  }

  #click(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (event.target.closest(".tree-twist") && item.hasAttribute("aria-expanded")) {
      event.preventDefault();
      event.stopPropagation();
      this.toggle(item);
    } else if (plain && (!item.hasAttribute("href") || item.getAttribute("aria-expanded") === "false")) {
      this.toggle(item);
    }
  }

  #key(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.items;
    const at = items.indexOf(item);
    const open = item.getAttribute("aria-expanded");
    const go = (next) => next?.focus();
    if (event.key === "ArrowDown") go(items[at + 1]);
    else if (event.key === "ArrowUp") go(items[at - 1]);
    else if (event.key === "Home") go(items[0]);
    else if (event.key === "End") go(items.at(-1));
    else if (event.key === "ArrowRight") {
      if (open === "false") this.expand(item);
      else if (open === "true") go(this.#group(item).querySelector('[role="treeitem"]'));
    } else if (event.key === "ArrowLeft") {
      if (open === "true") this.collapse(item);
      else {
        const group = item.parentElement.closest('[role="group"]');
        go(group && this.querySelector(`[aria-owns="${CSS.escape(group.id)}"]`));
      }
    } else if (event.key === "*") {
      for (const sibling of item.parentElement.parentElement.querySelectorAll(':scope > li > [aria-expanded="false"]')) this.expand(sibling);
    } else if (event.key === " ") { if (open) this.toggle(item); }
    else if (event.key.length === 1 && /[\p{L}\p{N}]/u.test(event.key) && !this.#reserved(event.key)) this.#type(event.key, items, at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /* Single-letter shortcuts of the console win over type-ahead until a letter was typed that is none. */
  #reserved(key) {
    return !this.#typed && document.querySelector(`[data-key="${CSS.escape(key)}"], [data-key^="${CSS.escape(key)} "]`);
  }

  #type(key, items, at) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#typed = ""; }, 600);
    this.#typed += key.toLowerCase();
    const from = this.#typed.length === 1 ? at + 1 : at;
    const ordered = [...items.slice(from), ...items.slice(0, from)];
    ordered.find((item) => item.querySelector(".tree-label").textContent.trim().toLowerCase().startsWith(this.#typed))?.focus();
  }
}
customElements.define("ums-tree", UmsTree);
