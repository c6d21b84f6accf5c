/* Inputs by type of parameter. widget(parameter, value, options) answers an element; it calls options.change(value).
   options: id, label (id of the visible label), describedby, mask, change. Text fields tell each keystroke, so that nothing
   typed is lost; what a number field holds stays text until it is a number. */
import { el } from "../dom.js";

let serial = 0;

const UNITS = /\s*\(([^()]{1,24})\)$/;

/** "seconds" of the label "Wait for the network (seconds)". */
export const unit = (parameter) => (["integer", "float"].includes(parameter.type) ? UNITS.exec(parameter.label)?.[1] ?? "" : "");
export const title = (parameter) => (unit(parameter) ? parameter.label.replace(UNITS, "") : parameter.label);

function range({ minimum = null, maximum = null }) {
  if (minimum !== null && maximum !== null) return `${minimum} to ${maximum}`;
  if (minimum !== null) return `${minimum} or more`;
  return maximum === null ? "" : `${maximum} or less`;
}

function parsed(parameter, text) {
  const trimmed = text.trim();
  if (parameter.type === "integer" && /^-?\d{1,15}$/.test(trimmed)) return Number(trimmed);
  if (parameter.type === "float" && /^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  return text;
}

function input(parameter, value, { id, describedby, change }, extra = {}) {
  const field = el("input", { class: "input", id, type: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": describedby, ...extra });
  field.value = value ?? "";
  field.addEventListener("input", () => change(parsed(parameter, field.value)));
  return field;
}

function bool(parameter, value, { id, label, describedby, change }) {
  const name = `bool-${serial += 1}`;
  const group = el("div", { class: "segmented", role: "radiogroup", "aria-labelledby": label, "aria-describedby": describedby });
  for (const [on, word] of [[true, "On"], [false, "Off"]]) {
    const radio = el("input", { type: "radio", name, id: on === value || (on && typeof value !== "boolean") ? id : false });
    radio.checked = on === value;
    radio.addEventListener("change", () => change(on));
    group.append(el("label", {}, radio, el("span", {}, word)));
  }
  return group;
}

function number(parameter, value, options) {
  const field = input(parameter, value, options, { inputmode: parameter.type === "integer" ? "numeric" : "decimal", class: "input num-input" });
  const note = [unit(parameter), range(parameter)].filter(Boolean).join(", ");
  return el("div", { class: "number-field" }, field, el("span", { class: "muted small" }, note));
}

function choice(parameter, value, { id, describedby, change }) {
  const field = el("select", { class: "select", id, "aria-describedby": describedby });
  if (!parameter.choices.some(([each]) => each === String(value))) field.append(el("option", { value: String(value), disabled: true }, `${value} (not offered)`));
  for (const [each, word] of parameter.choices) field.append(el("option", { value: each }, word));
  field.value = String(value);
  field.addEventListener("change", () => change(field.value));
  return field;
}

function editable(parameter, value, options) {
  const list = el("datalist", { id: `suggestions-${serial += 1}` }, ...parameter.choices.map(([each, word]) => el("option", { value: each }, word)));
  return el("div", {}, input(parameter, value, options, { list: list.id }), list);
}

function multiline(parameter, value, { id, describedby, change }) {
  const field = el("textarea", { class: "textarea", id, rows: "4", spellcheck: "false", "aria-describedby": describedby });
  field.value = value ?? "";
  field.addEventListener("input", () => change(field.value));
  return field;
}

/* A stored secret never comes back to the browser: it can only be kept or replaced. */
function secret(parameter, value, options) {
  const { mask, change } = options;
  const box = el("div", { class: "secret" });
  const kept = () => {
    const replace = el("button", { class: "button", type: "button", id: options.id }, "Replace…");
    replace.addEventListener("click", () => { type(""); box.querySelector(".input, .textarea").focus(); });
    box.replaceChildren(el("span", { class: "muted" }, `${mask} stored`), replace);
  };
  const type = (text) => {
    const field = parameter.type === "multiline" ? multiline(parameter, text, options) : input(parameter, text, options, { type: "password", autocomplete: "new-password" });
    box.replaceChildren(field);
    if (value !== mask) return;
    const keep = el("button", { class: "button quiet", type: "button" }, "Keep stored");
    keep.addEventListener("click", () => { change(mask); kept(); box.querySelector("button").focus(); });
    box.append(keep);
    change("");
  };
  if (value === mask) kept();
  else type(value);
  return box;
}

export function widget(parameter, value, options) {
  if (parameter.secret) return secret(parameter, value, options);
  if (parameter.type === "bool") return bool(parameter, value, options);
  if (parameter.type === "integer" || parameter.type === "float") return number(parameter, value, options);
  if (parameter.type === "range") return choice(parameter, value, options);
  if (parameter.type === "editable") return editable(parameter, value, options);
  if (parameter.type === "multiline") return multiline(parameter, value, options);
  const ip = parameter.type === "ip";
  return input(parameter, value, options, ip ? { class: "input mono", placeholder: "192.168.1.10 or 2001:db8::10" } : {});
}
