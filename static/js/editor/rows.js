/* One parameter: the switch that makes it active, what it is, and its value: the default while inactive, a widget while
   active. A row is made once and then only told what changed, so that typing never loses the focus. */
import { el, icon } from "../dom.js";
import { complaint, shown } from "./catalogue.js";
import { title, widget } from "./widgets.js";

let serial = 0;

export const symbol = (name) => document.getElementById("editor-icons")?.content.querySelector(`[data-icon="${name}"] svg`)?.cloneNode(true) ?? "";

const MARKS = [
  [(each) => !each.runtime, "restart", "Takes effect after the device was restarted"],
  [(each) => each.system_setting, "device-wide", "Counts for the whole device: it cannot work per user (Shared Workplace)"],
  [(each) => each.machinespecific, "one machine", "Is different on each machine: seldom right in a profile for many"],
];

export class Row {
  /** editor: {model, mask, readonly}; place: {parameter, instance} or null for a key that the catalogue lacks. */
  constructor(editor, key, place) {
    this.editor = editor;
    this.key = key;
    this.parameter = place?.parameter ?? { path: key, label: key, help: "The catalogue of this profile does not know it. It stays as it is until you switch it off.", type: "string", choices: [], runtime: true };
    const id = `p${serial += 1}`;
    this.ids = { label: `${id}-label`, help: `${id}-help`, error: `${id}-error`, field: `${id}-field` };
    this.node = this.#build();
    this.node.row = this;
    this.renew();
  }

  #build() {
    const { parameter, ids } = this;
    this.switch = el("button", { class: "switch", type: "button", role: "switch", "aria-labelledby": ids.label, "aria-describedby": ids.help, disabled: this.editor.readonly });
    this.switch.addEventListener("click", () => this.#toggle());
    const marks = MARKS.filter(([applies]) => applies(parameter)).map(([, word, why]) => el("span", { class: "badge", title: why }, word));
    this.value = el("div", { class: "param-value" });
    return el("div", { class: "param", "data-key": this.key },
      this.switch,
      el("div", { class: "param-text" },
        el("div", { class: "param-label" }, el("label", { id: ids.label, for: ids.field }, title(parameter)), ...marks),
        el("p", { class: "param-help", id: ids.help }, parameter.help ? `${parameter.help} ` : "", el("code", {}, this.key.includes(":") ? parameter.path : this.key))),
      this.value);
  }

  #toggle() {
    const { model } = this.editor;
    if (model.has(this.key)) model.clear(this.key);
    else this.activate();
    this.renew();
    this.switch.focus();
  }

  activate() {
    this.editor.model.set(this.key, this.parameter.default);
  }

  /** Draws the value anew: after switching, reverting or loading. */
  renew() {
    const { model, mask, readonly } = this.editor;
    const active = model.has(this.key);
    const value = model.get(this.key);
    const parts = [];
    if (active && !readonly) parts.push(this.#widget(value));
    else if (active) parts.push(el("span", { class: "param-shown" }, shown(this.parameter, value, mask)));
    else parts.push(this.#default());
    this.error = el("p", { class: "field-error", id: this.ids.error, hidden: true }, icon("error"), el("span"));
    this.undo = el("button", { class: "icon-button", type: "button", hidden: true, title: "Back to what is saved", "aria-label": `${title(this.parameter)}: back to what is saved` }, symbol("undo"));
    this.undo.addEventListener("click", () => { model.revert(this.key); this.renew(); this.switch.focus(); });
    this.value.replaceChildren(...parts, this.undo, this.error);
    this.refresh();
  }

  #widget(value) {
    const { model, mask } = this.editor;
    return widget(this.parameter, value, {
      id: this.ids.field, label: this.ids.label, describedby: `${this.ids.error} ${this.ids.help}`, mask,
      change: (next) => model.set(this.key, next, complaint(this.parameter, next)),
    });
  }

  /* The default is a place to click: it makes the parameter active and ready for typing. */
  #default() {
    const text = shown(this.parameter, this.parameter.default, this.editor.mask);
    if (this.editor.readonly) return el("span", { class: "param-default" }, text);
    const button = el("button", { class: "param-default", type: "button", tabindex: "-1", title: "Default. Click to set another value" }, text);
    button.addEventListener("click", () => {
      this.activate();
      this.renew();
      (this.value.querySelector("input:checked") ?? this.value.querySelector("input, select, textarea, button") ?? this.switch).focus();
    });
    return button;
  }

  /** Only the marks: active, changed, wrong. */
  refresh() {
    const { model, readonly } = this.editor;
    const active = model.has(this.key);
    const message = model.errors.get(this.key) ?? "";
    this.switch.setAttribute("aria-checked", String(active));
    this.node.classList.toggle("active", active);
    this.node.classList.toggle("changed", model.isChanged(this.key));
    this.undo.hidden = readonly || !model.isChanged(this.key);
    this.error.hidden = !message;
    this.error.lastElementChild.textContent = message;
    for (const field of this.value.querySelectorAll("input, select, textarea, [role=radiogroup]")) {
      if (message) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  /** Shows it to somebody who came here for it. */
  show() {
    this.node.scrollIntoView({ block: "center" });
    this.node.classList.remove("found");
    void this.node.offsetWidth;
    this.node.classList.add("found");
    const field = this.editor.model.has(this.key) ? this.value.querySelector("input:checked, input:not([type=radio]), select, textarea, button") : null;
    (field ?? this.switch).focus({ preventScroll: true });
  }
}
