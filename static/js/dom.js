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

/** What the keyboard can stand on. */
export const STOPS = 'a[href], button:not(:disabled), input:not([type="hidden"], :disabled), select, textarea, tr[tabindex]';

const LEADS = ["data-id", "href", "hx-get", "hx-post", "name", "value", "data-row-menu"];
const selector = (node, names) => names.filter((name) => node.hasAttribute(name)).map((name) => `[${name}="${CSS.escape(node.getAttribute(name))}"]`).join("");

/** A function that finds an element again after its surroundings were swapped: by its id; else by what it leads to, or
    only then by what it is called, in the row of the same id; else that row. null when it is gone or has no name. */
export function twin(node) {
  const own = node.id ? `#${CSS.escape(node.id)}` : selector(node, LEADS) || selector(node, ["aria-label"]);
  const row = node.parentElement?.closest("tr[data-id]");
  const inside = row ? `tr${selector(row, ["data-id"])}` : "";
  return (place = document) => (node.isConnected ? node : (own && place.querySelector(`${inside} ${node.localName}${own}`)) || (inside && place.querySelector(inside)) || null);
}

/** The keyboard goes back to what `find` finds, else to the heading of the page. */
export function goBack(find) {
  [find?.(), document.querySelector("#page h1")].find(visible)?.focus({ preventScroll: true });
}
