/* Small helpers that every module shares. */

/** A copy of an icon from <template id="icons"> (components/templates.html), by its data-icon name. */
export function icon(name) {
  const found = document.getElementById("icons")?.content.querySelector(`[data-icon="${name}"] svg`);
  return found ? found.cloneNode(true) : document.createTextNode("");
}

/** An element with properties and children: el("button", {class: "button", type: "button"}, "Save"). */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export const store = {
  get(key, fallback = null) {
    try { return JSON.parse(localStorage.getItem(`ums.${key}`)) ?? fallback; } catch { return fallback; }
  },
  set(key, value) {
    try { localStorage.setItem(`ums.${key}`, JSON.stringify(value)); } catch { /* private window */ }
  },
};

/** Says something to screen readers only. */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
}

const numbers = new Intl.NumberFormat("en");
export const number = (value) => numbers.format(value);

/** "1 device", "4,210 devices". */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

export const isTyping = (target) =>
  target instanceof Element && target.matches("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");

export const visible = (node) => Boolean(node && node.checkVisibility?.({ visibilityProperty: true }));
