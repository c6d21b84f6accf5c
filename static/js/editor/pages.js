/* What stands right of the page tree: a page of parameters, everything that is active, hits of the search, options. */
import { count, el } from "../dom.js";
import { shown } from "./catalogue.js";
import { Row, symbol } from "./rows.js";

const MANY = 150;

const heading = (...children) => el("div", { class: "editor-head" }, ...children);

function empty(mark, title, text, ...actions) {
  return el("div", { class: "empty" }, symbol(mark), el("h2", {}, title), el("p", {}, text), el("div", { class: "empty-actions" }, ...actions));
}

/** Parameters under the headings of their groups. */
function grouped(editor, parameters, instance) {
  const parts = [];
  let group = null;
  for (const parameter of parameters) {
    if (parameter.group !== group) {
      group = parameter.group;
      if (group) parts.push(el(instance === null ? "h3" : "h4", { class: "param-group" }, group));
    }
    parts.push(new Row(editor, editor.catalogue.key(parameter, instance), { parameter, instance }).node);
  }
  return parts;
}

function activeIn(editor, parameters, instance) {
  return parameters.filter((each) => editor.model.has(editor.catalogue.key(each, instance)));
}

/** The instances of a class as tabs, and the parameters of the chosen one. */
function section(editor, cls, parameters) {
  const { model, catalogue, view, readonly } = editor;
  const free = cls.kind === "free";
  const instances = free ? model.instances(cls.path) : cls.indices;
  const chosen = instances.includes(view.chosen.get(cls.path)) ? view.chosen.get(cls.path) : instances[0];
  const tabs = el("div", { class: "instance-tabs", role: "tablist", "aria-label": `${cls.label}: instances` });
  for (const instance of instances) {
    const set = activeIn(editor, parameters, instance).length;
    const tab = el("button", { class: "instance-tab", type: "button", role: "tab", "aria-selected": String(instance === chosen), tabindex: instance === chosen ? "0" : "-1", "data-instance": String(instance) }, el("span", { class: "truncate" }, catalogue.instanceLabel(cls, instance, model.now.values)));
    if (set) tab.append(el("span", { class: "badge accent" }, String(set)));
    tab.addEventListener("click", () => editor.choose(cls, instance));
    tabs.append(tab);
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    editor.choose(cls, instances[(instances.indexOf(chosen) + step + instances.length) % instances.length]);
  });
  const box = el("section", { class: "instances", "data-class": cls.path });
  const head = el("div", { class: "instances-head" }, el("h3", {}, free ? `${cls.label}s` : cls.label));
  if (instances.length) head.append(tabs);
  if (free && !readonly && instances.length) head.append(...instanceButtons(editor, cls, chosen));
  box.append(head);
  if (chosen !== undefined) box.append(...grouped(editor, parameters, chosen));
  else box.append(noInstance(editor, cls));
  return box;
}

function instanceButtons(editor, cls, chosen) {
  const name = editor.catalogue.instanceLabel(cls, chosen, editor.model.now.values);
  const copy = el("button", { class: "icon-button", type: "button", "aria-label": `Copy ${name}`, title: `Copy ${name}` }, symbol("copy"));
  copy.addEventListener("click", () => editor.addInstance(cls, chosen));
  const remove = el("button", { class: "icon-button", type: "button", "aria-label": `Remove ${name}`, title: `Remove ${name}` }, symbol("trash"));
  remove.addEventListener("click", () => editor.removeInstance(cls, chosen));
  return [el("span", { class: "spring" }), addButton(editor, cls, "button"), copy, remove];
}

function addButton(editor, cls, css) {
  const button = el("button", { class: css, type: "button", "data-add": cls.path }, symbol("plus"), `Add ${cls.label}`);
  button.addEventListener("click", () => editor.addInstance(cls));
  return button;
}

function noInstance(editor, cls) {
  const text = el("p", { class: "muted" }, `This profile brings no ${cls.label}. Those of several profiles add up on a device.`);
  return el("div", { class: "no-instance" }, text, ...(editor.readonly ? [] : [addButton(editor, cls, "button")]));
}

/** One page. */
export function page(editor, id) {
  const { catalogue } = editor;
  const one = catalogue.pages.get(id);
  const plain = one.parameters.filter((each) => !each.cls);
  const classes = [...new Set(one.parameters.map((each) => each.cls).filter(Boolean))];
  const parts = [heading(el("h2", {}, catalogue.title(id))), ...grouped(editor, plain, null)];
  for (const cls of classes) parts.push(section(editor, cls, one.parameters.filter((each) => each.cls === cls)));
  if (!one.parameters.length) {
    const links = one.children.map((child) => {
      const button = el("button", { class: "result", type: "button" }, el("span", { class: "result-label" }, child.title), el("small", { class: "muted" }, count(child.parameters.length, "parameter")));
      button.addEventListener("click", () => editor.go(child.id));
      return button;
    });
    parts.push(el("div", { class: "results" }, ...links));
  }
  return parts;
}

/** Everything that is active, by page; `only` narrows to one page and those below it. */
export function active(editor, only) {
  const { catalogue, model, view } = editor;
  const within = (id) => !only || catalogue.trail(id).some((step) => step.id === only);
  const byPage = new Map();
  for (const key of model.now.values.keys()) {
    const place = catalogue.place(key, model.now.classes);
    const id = place?.parameter.page ?? "";
    if (place ? !within(id) : only) continue;
    byPage.set(id, [...(byPage.get(id) ?? []), { key, place }]);
  }
  const empties = only ? [] : [...model.now.classes].filter(([serial]) => ![...model.now.values.keys()].some((key) => key.startsWith(`${serial}:`)));
  if (!byPage.size && !empties.length) {
    return [empty("filter", "Nothing is set yet", "Choose a page on the left or search for a parameter, and switch on what this profile shall decide.")];
  }
  const order = [...catalogue.pages.keys()];
  const parts = [];
  let drawn = 0;
  for (const id of [...byPage.keys()].sort((a, b) => order.indexOf(a) - order.indexOf(b))) {
    const entries = byPage.get(id);
    const link = el("button", { class: "link-button", type: "button" }, id ? catalogue.title(id) : "Not in the catalogue");
    if (id) link.addEventListener("click", () => editor.go(id, { active: false }));
    parts.push(heading(el("h2", {}, link)));
    const ranks = new Map(catalogue.pages.get(id)?.parameters.map((each, rank) => [each, rank]));
    entries.sort((a, b) => String(a.place?.instance ?? "").localeCompare(String(b.place?.instance ?? "")) || ranks.get(a.place?.parameter) - ranks.get(b.place?.parameter));
    let instance = null;
    for (const { key, place } of entries) {
      if (drawn >= (view.more ?? MANY)) continue;
      if (place?.parameter.cls && place.instance !== instance) {
        instance = place.instance;
        parts.push(el("h3", { class: "param-group" }, catalogue.instanceLabel(place.parameter.cls, instance, model.now.values)));
      }
      parts.push(new Row(editor, key, place).node);
      drawn += 1;
    }
  }
  const rest = [...byPage.values()].flat().length - drawn;
  if (rest > 0) {
    const more = el("button", { class: "button", type: "button" }, `Show ${count(rest, "more parameter")}`);
    more.addEventListener("click", () => editor.more());
    parts.push(el("div", { class: "pad" }, more));
  }
  return parts;
}

/** Hits of the search; each leads to its page and row. */
export function results(editor, query) {
  const { catalogue, model, mask } = editor;
  const found = catalogue.search(query);
  if (!found.length) return [empty("search-x", "No parameter matches", `Nothing is called or described like “${query}”.`)];
  const list = el("div", { class: "results", "data-arrows-list": true });
  for (const parameter of found.slice(0, MANY)) {
    const keys = [...model.now.values.keys()].filter((key) => catalogue.place(key, model.now.classes)?.parameter === parameter);
    const button = el("button", { class: "result", type: "button" },
      el("span", { class: "result-label" }, parameter.label),
      el("small", { class: "muted truncate" }, catalogue.title(parameter.page)),
      el("code", { class: "muted truncate" }, parameter.path),
      keys.length ? el("span", { class: "badge accent" }, keys.length === 1 ? shown(parameter, model.get(keys[0]), mask).slice(0, 30) : `${keys.length} ×`) : "");
    button.addEventListener("click", () => editor.jump(parameter, keys.length ? catalogue.place(keys[0], model.now.classes).instance : undefined));
    list.append(button);
  }
  const more = found.length > MANY ? [el("p", { class: "muted pad" }, `${found.length - MANY} more: type another word.`)] : [];
  return [heading(el("h2", {}, count(found.length, "parameter"))), list, ...more];
}

/** What the profile is, and its own options. */
export function options(editor) {
  const { model, readonly } = editor;
  const about = document.getElementById("editor-about").content.cloneNode(true);
  const box = el("div", { class: "section" }, about);
  if (editor.hasAttribute("no-sessions")) return [heading(el("h2", {}, "About")), box];
  const toggle = el("button", { class: "switch", type: "button", role: "switch", "aria-checked": String(model.now.overwrite), "aria-labelledby": "overwrite-label", "aria-describedby": "overwrite-help", disabled: readonly });
  const row = el("div", { class: "param", "data-key": "overwrite" }, toggle, el("div", { class: "param-text" },
    el("div", { class: "param-label" }, el("label", { id: "overwrite-label" }, "Overwrite sessions")),
    el("p", { class: "param-help", id: "overwrite-help" }, "Free instances (sessions, printers, USB rules, everything that can be added to a list) of several profiles add up on a device. With this option only those of this profile and of stronger ones stay: what weaker profiles and the device itself bring is removed. A profile without sessions and with this option takes all sessions away.")));
  const mark = () => {
    toggle.setAttribute("aria-checked", String(model.now.overwrite));
    row.classList.toggle("active", model.now.overwrite);
    row.classList.toggle("changed", model.now.overwrite !== model.base.overwrite);
  };
  toggle.addEventListener("click", () => { model.setOverwrite(!model.now.overwrite); mark(); });
  mark();
  return [heading(el("h2", {}, "Profile options")), row, box];
}
