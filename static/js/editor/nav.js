/* The tree of pages, with the number of active parameters on each. One tab stop; arrows move, left and right close and open. */
import { el } from "../dom.js";
import { symbol } from "./rows.js";

export const OPTIONS = "";
export const ALL = "*";

export class Nav {
  #open = new Set();

  /** editor: {catalogue, counts (Map page -> active), view, go(page)}. */
  constructor(editor, node) {
    this.editor = editor;
    this.node = node;
    node.addEventListener("click", (event) => this.#click(event));
    node.addEventListener("keydown", (event) => this.#key(event));
  }

  get items() {
    return [...this.node.querySelectorAll(".nav-item")].filter((item) => item.checkVisibility());
  }

  /** Open the way to a page. */
  reveal(id) {
    for (const page of this.editor.catalogue.trail(id).slice(0, -1)) this.#open.add(page.id);
    if (this.editor.catalogue.pages.get(id)?.children.length) this.#open.add(id);
  }

  render() {
    const { catalogue, counts, view } = this.editor;
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.page : null;
    const list = el("ul", {});
    if (view.active) list.append(this.#item({ id: ALL, title: "All active", children: [] }, 0, this.editor.activeCount, "filter"));
    else list.append(this.#item({ id: OPTIONS, title: "Profile options", children: [] }, 0, 0, "options"));
    for (const page of catalogue.roots) this.#append(list, page, 0, counts);
    this.node.replaceChildren(list);
    const current = this.node.querySelector('[aria-current="true"]') ?? this.node.querySelector(".nav-item");
    if (current) current.tabIndex = 0;
    if (focused !== null) (this.node.querySelector(`[data-page="${CSS.escape(focused)}"]`) ?? current)?.focus();
  }

  #sum(page, counts) {
    return (counts.get(page.id) ?? 0) + page.children.reduce((sum, child) => sum + this.#sum(child, counts), 0);
  }

  #append(list, page, level, counts) {
    const { view } = this.editor;
    const sum = this.#sum(page, counts);
    if (view.active && !sum) return;
    const open = view.active || this.#open.has(page.id);
    const item = this.#item(page, level, open ? counts.get(page.id) ?? 0 : sum, null, open);
    list.append(item);
    if (!page.children.length || !open) return;
    const inner = el("ul", {});
    for (const child of page.children) this.#append(inner, child, level + 1, counts);
    item.append(inner);
  }

  #item(page, level, count, mark, open = false) {
    const { view } = this.editor;
    const here = !view.query && page.id === view.page;
    const button = el("button", { class: `nav-item level-${level}`, type: "button", tabindex: "-1", "data-page": page.id, "aria-current": here && "true", "aria-expanded": page.children.length ? String(open) : false },
      el("span", { class: "nav-twist" }, page.children.length ? symbol("chevron") : ""),
      mark ? symbol(mark) : "",
      el("span", { class: "truncate" }, page.title));
    if (count) button.append(el("span", { class: "badge accent", title: `${count} active` }, String(count)));
    return el("li", {}, button);
  }

  #toggle(id, open = !this.#open.has(id)) {
    if (open) this.#open.add(id);
    else this.#open.delete(id);
    this.render();
  }

  #click(event) {
    const item = event.target.closest(".nav-item");
    if (!item) return;
    const id = item.dataset.page;
    if (event.target.closest(".nav-twist") && item.hasAttribute("aria-expanded")) { this.#toggle(id); return; }
    if (item.hasAttribute("aria-expanded") && id === this.editor.view.page) this.#toggle(id);
    else this.editor.go(id);
  }

  #key(event) {
    const item = event.target.closest(".nav-item");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.items;
    const at = items.indexOf(item);
    const open = item.getAttribute("aria-expanded");
    if (event.key === "ArrowDown") items[at + 1]?.focus();
    else if (event.key === "ArrowUp") items[at - 1]?.focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "ArrowRight" && open === "false") this.#toggle(item.dataset.page, true);
    else if (event.key === "ArrowRight" && open === "true") items[at + 1]?.focus();
    else if (event.key === "ArrowLeft" && open === "true") this.#toggle(item.dataset.page, false);
    else if (event.key === "ArrowLeft") item.closest("ul").closest("li")?.querySelector(".nav-item").focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
