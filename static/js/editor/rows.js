/* One parameter: the switch that makes it active, what it is, and its value: the default while inactive, a widget while
   active. A row is made once and then only told what changed, so that typing never loses the focus. */
import { el, icon } from "../dom.js";
import { complaint, shown } from "./catalogue.js";
import { complaint as expressionComplaint, expression, expressionField, isExpression } from "./expression.js";
import { title, widget } from "./widgets.js";

let serial = 0;

export const symbol = (name) => document.getElementById("editor-icons")?.content.querySelector(`[data-icon="${name}"] svg`)?.cloneNode(true) ?? "";

const MARKS = [
  [(each) => !each.runtime, "restart", "Takes effect after the device was restarted"],
  [(each) => each.system_setting, "device-wide", "Counts for the whole device: it cannot work per user (Shared Workplace)"],
  [(each) => each.machinespecific, "one machine", "Is different on each machine: seldom right in a profile for many"],
];

export class Row {
  /** editor: {model, mask, readonly, keys: Map of template keys}; place: {parameter, instance} or null for a key that the catalogue lacks. */
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
    // Template keys are readable: a secret cannot come from one.
    if (active && !readonly && !this.parameter.secret) parts.push(this.#templateButton(value));
    this.undo = el("button", { class: "icon-button", type: "button", hidden: true, title: "Back to what is saved", "aria-label": `${title(this.parameter)}: back to what is saved` }, symbol("undo"));
    this.undo.addEventListener("click", () => { model.revert(this.key); this.renew(); this.switch.focus(); });
    this.value.replaceChildren(...parts, this.undo, this.error);
    this.refresh();
  }

  /* Switches between a value and an expression with template keys; what the other one was comes back. */
  #templateButton(value) {
    const pressed = isExpression(value);
    const button = el("button", { class: "icon-button template-toggle", type: "button", "aria-pressed": String(pressed), "aria-label": `${title(this.parameter)}: set by template keys`, title: pressed ? "Back to a plain value" : "Set by template keys, as ${SITE}" }, "${}");
    button.addEventListener("click", () => {
      const before = this.kept;
      this.kept = value;
      if (pressed) this.editor.model.set(this.key, before ?? this.parameter.default);
      else this.editor.model.set(this.key, before ?? expression(typeof value === "string" ? value : ""));
      this.renew();
      const field = this.value.querySelector("input:checked, input:not([type=radio]), select, textarea");
      field?.focus();
      if (!pressed) field?.setSelectionRange(field.value.length, field.value.length);
    });
    return button;
  }

  #expression(value) {
    const { model, keys } = this.editor;
    const check = (text) => model.set(this.key, expression(text), expressionComplaint(text, keys));
    return expressionField(String(value), {
      id: this.ids.field, label: this.ids.label, describedby: `${this.ids.error} ${this.ids.help}`, keys,
      change: check,
      leave: (text) => { if (model.get(this.key) === expression(text)) check(text); },
    });
  }

  #widget(value) {
    if (isExpression(value)) return this.#expression(value);
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
