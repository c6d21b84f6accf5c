/* The editor of a profile (templates/profiles/editor.html).

   <ums-editor catalogue-url save-url mask reached [readonly]> <nav class="editor-nav"> <div class="editor-main">
   <template id="editor-data">: JSON of what is edited, {number, settings, overwrite_sessions, …, keys: [{name, type, help}]}.
   Modules: editor/catalogue.js (what can be set), editor/model.js (what is edited: the only state of values),
   editor/nav.js, editor/pages.js, editor/rows.js, editor/widgets.js (what is seen), editor/conflict.js (merging).
   One page is drawn at a time. The address holds ?page=, ?parameter= (jumps there) and ?active=1.
   The form #save-bar is what guard.js watches: its hidden field holds the changes. Ctrl+S saves.
   Saving posts JSON: {base, settings, overwrite_sessions, comment, when}; 422 answers messages by key, 409 the head. */
import { announce, count, el, icon } from "./dom.js";
import { toast } from "./toast.js";
import { Catalogue } from "./editor/catalogue.js";
import { showChanges, showConflict } from "./editor/conflict.js";
import { Model } from "./editor/model.js";
import { ALL, Nav, OPTIONS } from "./editor/nav.js";
import * as pages from "./editor/pages.js";
import { showPreview } from "./editor/preview.js";

const catalogues = new Map(); // by address, which changes with the content: kept between pages

async function json(url, options) {
  const answer = await fetch(url, options);
  if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) throw Object.assign(new Error("no JSON"), { status: answer.redirected ? 401 : answer.status });
  return { status: answer.status, body: await answer.json() };
}

async function catalogueAt(url) {
  if (!catalogues.has(url)) catalogues.set(url, new Catalogue((await json(url)).body));
  return catalogues.get(url);
}

class UmsEditor extends HTMLElement {
  view = { page: OPTIONS, active: false, query: "", chosen: new Map(), more: undefined };
  counts = new Map();
  activeCount = 0;

  async connectedCallback() {
    this.mask = this.getAttribute("mask");
    this.readonly = this.hasAttribute("readonly");
    this.main = this.querySelector(".editor-main");
    this.bar = document.getElementById("save-bar");
    try {
      this.catalogue = await catalogueAt(this.getAttribute("catalogue-url"));
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!this.isConnected) return;
    const { keys, ...revision } = JSON.parse(document.getElementById("editor-data").content.textContent);
    this.model = new Model(revision, (key) => this.#changed(key));
    // A key that one may not read stays where it is used.
    this.keys = new Map([...this.model.keysUsed.map((name) => [name, { type: "in use", help: "" }]), ...keys.map(({ name, type, help }) => [name, { type, help }])]);
    this.nav = new Nav(this, this.querySelector(".editor-nav"));
    this.#listen();
    this.#count();
    this.#begin();
    requestIdleCallback(() => this.catalogue.prepare()); // after the page has been painted
  }

  disconnectedCallback() {
    this.listening?.abort();
  }

  #failed({ status }) {
    const retry = el("a", { class: "button", href: location.href }, "Retry");
    const why = status === 401 ? "Your session has ended." : "The server did not answer as expected.";
    this.main.replaceChildren(el("div", { class: "pad" }, el("div", { class: "notice bad", role: "alert" }, icon("error"), el("div", {}, el("strong", {}, "The settings could not be loaded"), el("span", {}, why), retry))));
  }

  /* Where the address leads: to a parameter, a page, what is active; else to what the profile sets. */
  #begin() {
    const asked = new URLSearchParams(location.search);
    const key = asked.get("parameter") ?? "";
    const place = this.catalogue.place(key, this.model.now.classes) ?? this.catalogue.place(this.#ofInstance(key), this.model.now.classes);
    if (place) { this.jump(place.parameter, place.instance ?? undefined, false); return; }
    const page = asked.get("page");
    this.view.active = asked.has("active") || (page === null && this.activeCount > 0);
    this.view.page = this.catalogue.pages.has(page) ? page : this.view.active ? ALL : page === "options" || this.readonly ? OPTIONS : this.catalogue.roots[0]?.id ?? OPTIONS;
    this.view.query = this.search.value.trim(); // typed before the catalogue was here
    this.nav.reveal(this.view.page);
    this.render();
  }

  /* A serial alone: the name of that instance. */
  #ofInstance(serial) {
    const cls = this.catalogue.classes.get(this.model.now.classes.get(serial));
    return cls ? `${serial}:${cls.name_parameter}` : "";
  }

  #listen() {
    this.listening = new AbortController();
    const on = (target, kind, run) => target?.addEventListener(kind, run, { signal: this.listening.signal });
    this.search = document.getElementById("editor-search");
    this.search.placeholder = `Search ${count(this.catalogue.parameters.length, "parameter")}`;
    on(this.search, "input", () => { this.view.query = this.search.value.trim(); this.#draw(); });
    on(this.search, "keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.main.querySelector(".result")?.click(); }
      else if (event.key === "ArrowDown") { event.preventDefault(); event.stopPropagation(); this.main.querySelector(".result")?.focus(); }
      else if (event.key === "Escape" && this.search.value) { event.stopPropagation(); this.search.value = ""; this.view.query = ""; this.render(); }
    });
    on(this.main, "keydown", (event) => this.#walk(event));
    on(document.getElementById("editor-active"), "click", () => this.go(this.view.active ? (this.view.page === ALL ? this.catalogue.roots[0].id : this.view.page) : ALL, { active: !this.view.active }));
    on(document.getElementById("editor-pages"), "click", () => this.#drawer(!this.hasAttribute("nav-open")));
    on(document, "keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s" && !event.altKey) { event.preventDefault(); if (!document.querySelector("dialog[open]")) this.save("now"); }
    });
    on(this.bar, "submit", (event) => { event.preventDefault(); event.stopPropagation(); this.save("now"); });
    on(this.bar, "click", ({ target }) => {
      const save = target.closest("[data-save]");
      if (save) this.save(save.dataset.save);
      else if (target.closest("[data-preview]")) this.preview();
      else if (target.closest("[data-show-changes]")) showChanges(this, () => this.discard());
      else if (target.closest("[data-discard]")) this.discard();
    });
  }

  /* Up and down among hits of the search. */
  #walk(event) {
    const result = event.target.closest(".result");
    if (!result || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    (event.key === "ArrowDown" ? result.nextElementSibling : result.previousElementSibling ?? this.search)?.focus();
  }

  #drawer(open) {
    this.toggleAttribute("nav-open", open);
    document.getElementById("editor-pages").setAttribute("aria-expanded", String(open));
    if (open) this.querySelector('.nav-item[tabindex="0"]')?.focus();
  }

  /** Shows a page; keeps or changes the filter. */
  go(page, { active = this.view.active } = {}) {
    Object.assign(this.view, { page, active, query: "", more: undefined });
    this.search.value = "";
    this.nav.reveal(page);
    this.#drawer(false);
    this.render();
    this.main.scrollTop = 0;
  }

  /** Shows a parameter on its page. */
  jump(parameter, instance, focus = true) {
    if (parameter.cls && instance !== undefined) this.view.chosen.set(parameter.cls.path, instance);
    this.go(parameter.page, { active: false });
    const at = instance ?? this.view.chosen.get(parameter.cls?.path) ?? (parameter.cls?.kind === "free" ? this.model.instances(parameter.cls.path)[0] : parameter.cls?.indices[0]);
    const node = this.main.querySelector(`[data-key="${CSS.escape(this.catalogue.key(parameter, at))}"]`);
    if (node) node.row.show();
    else if (focus) this.main.querySelector(`[data-add="${CSS.escape(parameter.cls?.path ?? "")}"]`)?.focus();
  }

  choose(cls, instance) {
    this.view.chosen.set(cls.path, instance);
    this.#draw();
    this.main.querySelector(`[data-class="${CSS.escape(cls.path)}"] [data-instance="${CSS.escape(String(instance))}"]`)?.focus();
  }

  /** A new free instance, or a copy of one; its name is the first thing to type. */
  addInstance(cls, original = null) {
    const taken = new Set(this.model.instances(cls.path).map((serial) => this.catalogue.instanceLabel(cls, serial, this.model.now.values)));
    const base = original ? this.catalogue.instanceLabel(cls, original, this.model.now.values) : cls.label;
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base} ${number}`;
    const values = {};
    if (original) for (const [key, value] of this.model.now.values) if (key.startsWith(`${original}:`) && value !== this.mask) values[key.slice(original.length + 1)] = value;
    const serial = this.model.add(cls.path, { ...values, [cls.name_parameter]: name });
    this.view.chosen.set(cls.path, serial);
    const parameter = this.catalogue.parameters.find((each) => each.cls === cls && each.name === cls.name_parameter);
    if (parameter.page !== this.view.page) this.go(parameter.page, { active: false });
    else this.render();
    const field = this.main.querySelector(`[data-key="${CSS.escape(`${serial}:${cls.name_parameter}`)}"] .input`);
    field?.focus();
    field?.select();
  }

  removeInstance(cls, serial) {
    const name = this.catalogue.instanceLabel(cls, serial, this.model.now.values);
    const gone = this.model.remove(serial);
    this.render();
    this.main.focus({ preventScroll: true });
    toast({ text: `Removed ${name}.`, detail: "It is gone from the devices once you save.", action: { label: "Undo", run: () => { this.model.restore(gone); this.view.chosen.set(cls.path, serial); if (this.isConnected) this.render(); } } });
  }

  more() {
    this.view.more = Infinity;
    this.#draw();
  }

  discard() {
    const kept = this.model.wire;
    const overwrite = this.model.now.overwrite;
    this.model.discard();
    this.#again();
    toast({ text: "Changes discarded.", action: { label: "Undo", run: () => { this.model.adopt(kept, overwrite); this.render(); } } });
  }

  /* Draws what is shown anew; the keyboard stays where it is, or comes back from the bar that closes. */
  #again() {
    const row = document.activeElement.closest("[data-key]");
    const stops = (node) => [...node?.querySelectorAll("button, input, select, textarea") ?? []];
    const at = this.main.contains(row) ? stops(row).indexOf(document.activeElement) : -1;
    const inBar = this.bar.contains(document.activeElement);
    this.render();
    if (at >= 0) stops(this.main.querySelector(`[data-key="${CSS.escape(row.dataset.key)}"]`))[at]?.focus({ preventScroll: true });
    else if (inBar) this.main.focus({ preventScroll: true });
  }

  render() {
    this.#draw();
    this.nav.render();
  }

  #draw() {
    const { page, active, query } = this.view;
    const button = document.getElementById("editor-active");
    button.setAttribute("aria-pressed", String(active));
    let parts;
    if (query) parts = pages.results(this, query);
    else if (active) parts = pages.active(this, page === ALL || page === OPTIONS ? "" : page);
    else parts = page === OPTIONS || page === ALL ? pages.options(this) : pages.page(this, page);
    this.main.replaceChildren(this.#errors(), ...parts);
    if (page === OPTIONS) htmx.process(this.main);
    this.#address();
  }

  #address() {
    const url = new URL(location.href);
    url.search = "";
    if (this.view.active) url.searchParams.set("active", "1");
    if (this.view.page !== ALL) url.searchParams.set("page", this.view.page || "options");
    history.replaceState(history.state, "", url);
  }

  /* What needs attention, with a link to each. */
  #errors() {
    this.notice = el("div", { class: "editor-errors" });
    this.#listErrors();
    return this.notice;
  }

  #listErrors() {
    const { errors, now } = this.model;
    if (!errors.size) { this.notice.replaceChildren(); return; }
    const links = [...errors].map(([key, message]) => {
      const place = this.catalogue.place(key, now.classes);
      const link = el("button", { class: "link-button", type: "button", title: message }, place ? place.parameter.label : key);
      link.addEventListener("click", () => (place ? this.jump(place.parameter, place.instance ?? undefined) : this.go(ALL, { active: true })));
      return el("li", {}, link);
    });
    this.notice.replaceChildren(el("div", { class: "notice bad", role: "alert" }, icon("error"), el("div", {}, el("strong", {}, `${count(errors.size, "value needs", "values need")} your attention`), el("ul", { class: "error-links" }, ...links))));
  }

  #count() {
    this.counts.clear();
    this.activeCount = this.model.now.values.size;
    for (const key of this.model.now.values.keys()) {
      const page = this.catalogue.place(key, this.model.now.classes)?.parameter.page;
      if (page) this.counts.set(page, (this.counts.get(page) ?? 0) + 1);
    }
    document.getElementById("editor-active-count").textContent = String(this.activeCount);
  }

  /* Something was edited: rows that are shown refresh their marks, the bar below tells how much is unsaved. */
  #changed(key) {
    const before = this.activeCount;
    this.#count();
    if (!this.notice) return;
    if (key) this.main.querySelector(`[data-key="${CSS.escape(key)}"]`)?.row.refresh();
    this.#names(key);
    this.#listErrors();
    if (this.activeCount !== before || !key) this.nav.render();
    if (!this.bar) return;
    const { changes } = this.model;
    this.bar.querySelector("[data-change-count]").textContent = count(changes.length, "unsaved change");
    const field = this.bar.elements.edits;
    field.value = changes.length ? JSON.stringify(changes) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* The tab of an instance carries its name while it is typed. */
  #names(key) {
    const place = key ? this.catalogue.place(key, this.model.now.classes) : null;
    if (place?.parameter.cls?.kind !== "free" || place.parameter.name !== place.parameter.cls.name_parameter) return;
    const tab = this.main.querySelector(`[data-instance="${CSS.escape(place.instance)}"] .truncate`);
    if (tab) tab.textContent = this.catalogue.instanceLabel(place.parameter.cls, place.instance, this.model.now.values);
  }

  #sent(when) {
    const comment = document.getElementById("save-comment").value.trim();
    return { base: this.model.number, settings: this.model.wire, overwrite_sessions: this.model.now.overwrite, comment, when };
  }

  /** Shows what saving would change on devices. */
  preview() {
    if (this.saving || this.readonly || !this.model.changes.length) return;
    if (this.model.errors.size) { this.#showFirstError(); return; }
    const sent = (when) => this.#sent(when);
    showPreview({ sent, save: (when) => this.save(when), refused: (status, body) => this.#answered(status, body, sent("now")) });
  }

  /** Posts the whole settings; the page stays as it is. */
  async save(when) {
    if (this.saving || this.readonly || !this.model.changes.length) return;
    if (this.model.errors.size) { this.#showFirstError(); return; }
    const sent = this.#sent(when);
    this.saving = true;
    this.bar.classList.add("saving");
    const headers = { "Content-Type": "application/json", Accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const answer = await json(this.getAttribute("save-url"), { method: "POST", headers, body: JSON.stringify(sent) }).catch((error) => ({ error }));
    this.saving = false;
    this.bar.classList.remove("saving");
    if (!answer.error) this.#answered(answer.status, answer.body, sent);
    else {
      const detail = answer.error.status === 401 ? "Your session has ended. Sign in again in another tab, then save here: nothing is lost." : "Your changes are still here. Check the connection, then save again.";
      toast({ text: "This was not saved", detail, level: "error" });
    }
  }

  #answered(status, body, sent) {
    if (status === 200) {
      document.getElementById("save-comment").value = "";
      this.model.saved(body.number, sent, this.mask, (key) => this.catalogue.place(key, this.model.now.classes)?.parameter.secret);
      this.#again();
      document.querySelectorAll("[data-revision]").forEach((node) => { node.textContent = String(body.number); });
      toast({ text: body.message, detail: body.detail, level: "success" });
      htmx.trigger(document.body, "ums:changed", { what: ["profiles", "devices"] });
    } else if (status === 409 && body.head) {
      showConflict(this, body.head, (mine) => this.#merge(body.head, mine));
    } else if (body.fields && Object.keys(body.fields).length) {
      for (const [key, [message]] of Object.entries(body.fields)) this.model.errors.set(key, message);
      this.render();
      this.#showFirstError();
      announce(body.message);
    } else toast({ text: "This was not saved", detail: body.message ?? body.detail, level: "error" });
  }

  #merge(head, mine) {
    this.model.rebase(head, mine);
    this.render();
    const left = this.model.changes.length;
    document.querySelectorAll("[data-revision]").forEach((node) => { node.textContent = String(head.number); });
    toast({ text: `Revision ${head.number} is loaded.`, detail: left ? `Your ${count(left, "change")} on top of it: not saved yet.` : "None of your changes is left." });
  }

  #showFirstError() {
    const [key] = this.model.errors.keys();
    const place = this.catalogue.place(key, this.model.now.classes);
    if (place) this.jump(place.parameter, place.instance ?? undefined);
    else this.go(ALL, { active: true });
  }
}
customElements.define("ums-editor", UmsEditor);
