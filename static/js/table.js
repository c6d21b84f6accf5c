/* Tables: selection, keys, bulk bar, columns.

   <ums-table name="devices" total="4210" noun="device" nouns="devices">
     <form class="bulk-bar" hidden>…<output></output> <button type="button" data-select-matching hidden></button>
        <button type="button" data-clear>Clear</button> … any <button hx-get="…" hx-include="closest form" hx-target="#dialog-body">
        carries: ids=1,2,3 – or all=1 and filter=<query string of the page> after "Select all 4,210 that match" …</form>
     <table class="table"><thead><tr>
        <th class="col-select"><input type="checkbox" data-select-page aria-label="…"></th>
        <th data-col="name" data-label="Name" [data-fixed] …>   (data-col: can be hidden and resized; data-fixed: always shown; data-optional: hidden until chosen)
     <tbody><tr data-id="7" data-href="/…" …>                    (rows may be replaced at any time: state follows data-id)
        <td class="col-select"><input type="checkbox" data-select aria-label="Select …"></td>
   Column chooser: an empty <div class="menu" role="menu" popover data-columns="devices"> in a <ums-menu> anywhere.
   Keys on a row: up, down, Home, End, Space selects, Shift+arrow extends, Ctrl+A page, Enter opens, Esc clears.
   Event "ums:selection" (bubbles) after each change. */
import { announce, count, el, icon, number, store } from "./dom.js";

class UmsTable extends HTMLElement {
  #chosen = new Set();
  #anchor = null;
  #all = false;
  #sheet = new CSSStyleSheet();

  connectedCallback() {
    this.name = this.getAttribute("name");
    this.columns = store.get(`columns.${this.name}`, this.#standard);
    for (const kind of ["click", "keydown", "focusin"]) this.addEventListener(kind, this);
    this.observer = new MutationObserver(() => this.refresh());
    if (this.tBody) this.observer.observe(this.tBody, { childList: true });
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#sheet];
    this.#setUpColumns();
    this.refresh();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }

  get tBody() { return this.querySelector("tbody"); }
  get rows() { return [...(this.tBody?.querySelectorAll(":scope > tr[data-id]") ?? [])]; }
  get bar() { return this.querySelector(":scope > .bulk-bar"); }
  get total() { return Number(this.getAttribute("total")) || this.rows.length; }
  /** How many objects an action would touch. */
  get selectedCount() { return this.#all ? this.total : this.#chosen.size; }
  /** What to send to the server: {ids} or {all, filter}. */
  get selection() {
    return this.#all ? { all: "1", filter: location.search.slice(1) } : { ids: [...this.#chosen].join(",") };
  }
  get selectedRows() { return this.rows.filter((row) => this.#chosen.has(row.dataset.id)); }
  isSelected(row) { return this.#chosen.has(row.dataset.id); }

  handleEvent(event) {
    if (event.type === "keydown") this.#key(event);
    else if (event.type === "focusin") {
      const row = event.target.closest("tbody > tr[data-id]");
      if (row && event.target === row) this.#rove(row);
    } else this.#click(event);
  }

  /** Rows were added or replaced: boxes, tints of selection and the one tab stop are set again. */
  refresh() {
    const rows = this.rows;
    for (const row of rows) {
      const on = this.#chosen.has(row.dataset.id);
      row.classList.toggle("selected", on);
      const box = row.querySelector("[data-select]");
      if (box) { box.checked = on; box.tabIndex = -1; }
      if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    }
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
    const page = this.querySelector("[data-select-page]");
    if (page) {
      const on = rows.filter((row) => this.#chosen.has(row.dataset.id)).length;
      page.checked = rows.length > 0 && on === rows.length;
      page.indeterminate = on > 0 && on < rows.length;
    }
    this.#showBar();
  }

  clear() {
    this.#chosen.clear();
    this.#changed();
  }

  select(row, on = true) {
    if (on) this.#chosen.add(row.dataset.id);
    else this.#chosen.delete(row.dataset.id);
    this.#anchor = row.dataset.id;
    this.#changed();
  }

  #range(to) {
    const rows = this.rows;
    const from = rows.findIndex((row) => row.dataset.id === this.#anchor);
    const until = rows.indexOf(to);
    const [low, high] = from < 0 ? [until, until] : [Math.min(from, until), Math.max(from, until)];
    rows.slice(low, high + 1).forEach((row) => this.#chosen.add(row.dataset.id));
    this.#changed();
  }

  #changed(all = false) {
    this.#all = all;
    this.refresh();
    this.dispatchEvent(new CustomEvent("ums:selection", { bubbles: true, detail: { count: this.selectedCount } }));
  }

  #nouns(value) {
    return count(value, this.getAttribute("noun") ?? "object", this.getAttribute("nouns") ?? undefined);
  }

  #showBar() {
    const bar = this.bar;
    if (!bar) return;
    const chosen = this.selectedCount;
    const was = bar.hidden;
    bar.hidden = chosen === 0;
    if (!chosen) return;
    const said = `${this.#nouns(chosen)} selected`;
    const output = bar.querySelector("output");
    if (output.textContent !== said) output.textContent = said;
    const more = bar.querySelector("[data-select-matching]");
    if (more) {
      more.hidden = this.#all || this.total <= this.rows.length || this.#chosen.size < this.rows.length;
      more.textContent = `Select all ${number(this.total)} that match`;
    }
    for (const [name, value] of Object.entries({ ids: "", all: "", filter: "", ...this.selection })) {
      const field = bar.querySelector(`input[type="hidden"][name="${name}"]`) ?? bar.appendChild(el("input", { type: "hidden", name }));
      field.value = value;
    }
    if (was) announce(said);
  }

  #rove(row) {
    this.rows.forEach((other) => { other.tabIndex = other === row ? 0 : -1; });
  }

  #click(event) {
    const target = event.target;
    if (target.closest("[data-clear]")) { this.clear(); this.rows[0]?.focus(); return; }
    if (target.closest("[data-select-matching]")) { this.#changed(true); announce(this.bar.querySelector("output").textContent); return; }
    if (target.matches("[data-select-page]")) {
      for (const row of this.rows) { if (target.checked) this.#chosen.add(row.dataset.id); else this.#chosen.delete(row.dataset.id); }
      this.#changed();
      return;
    }
    const row = target.closest("tbody > tr[data-id]");
    if (!row) return;
    const cell = target.closest("td");
    if (cell?.classList.contains("col-select")) {
      if (event.shiftKey) { getSelection()?.removeAllRanges(); this.#range(row); } else this.select(row, !this.isSelected(row));
      return;
    }
    if (target.closest("a, button, input, label, summary")) return;
    if (event.shiftKey) { getSelection()?.removeAllRanges(); this.#range(row); }
    else if (event.ctrlKey || event.metaKey) this.select(row, !this.isSelected(row));
    else if (!getSelection()?.toString()) this.#open(row);
  }

  #open(row) {
    row.querySelector("a[data-open]")?.click();
  }

  #key(event) {
    const row = event.target.closest("tbody > tr[data-id]");
    if (!row || event.target !== row) return;
    const rows = this.rows;
    const at = rows.indexOf(row);
    const go = (index) => {
      const next = rows[Math.max(0, Math.min(rows.length - 1, index))];
      if (event.shiftKey) { this.#anchor ??= row.dataset.id; this.#range(next); }
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    };
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "PageDown") go(at + 10);
    else if (event.key === "PageUp") go(at - 10);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === " ") this.select(row, !this.isSelected(row));
    else if (event.key === "Enter") this.#open(row);
    else if (event.key === "Escape" && this.#chosen.size) this.clear();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) { rows.forEach((each) => this.#chosen.add(each.dataset.id)); this.#changed(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /* Columns: one constructed style sheet per table, so that rows that arrive later obey too. */
  get #standard() {
    return { hidden: [...this.querySelectorAll("thead th[data-optional]")].map((head) => head.dataset.col), width: {} };
  }

  get heads() { return [...this.querySelectorAll("thead th")]; }

  #applyColumns() {
    const scope = `ums-table[name="${CSS.escape(this.name)}"] .table`;
    const rules = [];
    this.heads.forEach((head, index) => {
      const key = head.dataset.col;
      if (!key) return;
      const cells = `${scope} :is(thead, tbody) > tr > :nth-child(${index + 1}):not([colspan])`;
      if (this.columns.hidden.includes(key) && !("fixed" in head.dataset)) rules.push(`${cells} { display: none; }`);
      const width = Number(this.columns.width[key]);
      if (width) rules.push(`${cells} { width: ${width}px; min-width: ${width}px; max-width: ${width}px; }`);
    });
    this.#sheet.replaceSync(`@layer pages { ${rules.join("\n")} }`);
  }

  #keepColumns() {
    store.set(`columns.${this.name}`, this.columns);
    this.#applyColumns();
  }

  #setUpColumns() {
    for (const head of this.heads) {
      if (!head.dataset.col || head.querySelector(".col-resizer")) continue;
      const grip = el("span", { class: "col-resizer", "aria-hidden": "true" });
      grip.addEventListener("pointerdown", (event) => this.#resize(event, head, grip));
      grip.addEventListener("click", (event) => event.stopPropagation());
      head.append(grip);
    }
    this.#fillChooser();
    this.#applyColumns();
  }

  #resize(event, head, grip) {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("dragging");
    const from = event.clientX;
    const before = head.offsetWidth;
    const move = (next) => {
      this.columns.width[head.dataset.col] = Math.max(56, Math.round(before + next.clientX - from));
      this.#applyColumns();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => {
      grip.removeEventListener("pointermove", move);
      grip.classList.remove("dragging");
      this.#keepColumns();
    }, { once: true });
  }

  #fillChooser() {
    const menu = document.querySelector(`[data-columns="${CSS.escape(this.name)}"]`);
    if (!menu) return;
    menu.replaceChildren();
    for (const head of this.heads.filter((each) => each.dataset.col && !("fixed" in each.dataset))) {
      const key = head.dataset.col;
      const mark = el("span", { class: "check-mark" }, icon("check"));
      const item = el("button", { class: "menu-item", type: "button", role: "menuitemcheckbox", "data-column": key, "aria-checked": String(!this.columns.hidden.includes(key)) }, head.dataset.label ?? head.textContent.trim(), mark);
      item.addEventListener("click", () => {
        const hidden = this.columns.hidden.includes(key);
        this.columns.hidden = hidden ? this.columns.hidden.filter((each) => each !== key) : [...this.columns.hidden, key];
        item.setAttribute("aria-checked", String(hidden));
        this.#keepColumns();
      });
      menu.append(item);
    }
    const reset = el("button", { class: "menu-item", type: "button", role: "menuitem" }, "Reset columns");
    reset.addEventListener("click", () => {
      this.columns = this.#standard;
      this.#keepColumns();
      menu.querySelectorAll("[data-column]").forEach((item) => item.setAttribute("aria-checked", String(!this.columns.hidden.includes(item.dataset.column))));
    });
    menu.append(el("hr"), reset);
  }
}
customElements.define("ums-table", UmsTable);
