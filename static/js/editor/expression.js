/* Values made of text and template keys, "Ward ${SITE}": what stands in the model in place of a value, the check of what is
   typed (the server decides), and the field with suggestions. The rules are those of ums/domain/parameters/expression.py. */
import { el } from "../dom.js";

const PART = /\$\$\{|\$\{(§?)([^{}]{0,80})\}|\$\{/g;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const MAX_KEYS = 20;
const GAP = 4;

class Expression {
  constructor(text) { this.expression = text; }
  toString() { return this.expression; }
}

const known = new Map();

/** The expression with this text: always the same object, so that values can be compared by ===. */
export function expression(text) {
  if (!known.has(text)) known.set(text, Object.freeze(new Expression(text)));
  return known.get(text);
}

export const isExpression = (value) => value instanceof Expression;

/** A value of the wire form as the model holds it. */
export const normal = (value) => (value !== null && typeof value === "object" ? expression(value.expression) : value);

/** The names of the keys in a text. */
export const keysIn = (text) => [...new Set([...text.matchAll(PART)].map((match) => match[2]).filter(Boolean))];

/** What is wrong with an expression; empty when nothing is. keys: Map name -> {type, help}. */
export function complaint(text, keys) {
  let found = 0;
  for (const match of text.matchAll(PART)) {
    if (match[0] === "$${") continue;
    if (match[0] === "${") return `Close the key at character ${match.index + 1} with “}”, or write “$\${”.`;
    if (!NAME.test(match[2])) return `“${match[0]}” is not a key: a name has letters, digits, “_” or “-”.`;
    if (match[1] && keys.get(match[2])?.type !== "Static") return `“${match[0]}” is not a static key: only those are marked with “§”.`;
    if (!keys.has(match[2])) return `There is no template key ${match[2]}. Create it first, or check the spelling.`;
    found += 1;
  }
  if (!found) return "Name at least one key, as ${SITE}.";
  return found > MAX_KEYS ? `An expression has ${MAX_KEYS} keys at most.` : "";
}

/* What is typed of a key before the caret: where it begins, and its letters. */
function fragment(field) {
  const before = field.value.slice(0, field.selectionStart);
  const match = /(^|[^$])(\$\{§?)([A-Za-z0-9_-]*)$/.exec(before);
  return match ? { at: match.index + match[1].length, typed: match[3] } : null;
}

let serial = 0;

/** A text field with suggestions of keys. options: those of a widget (widgets.js), and keys: Map name -> {type, help}. */
export function expressionField(text, { id, label, describedby, keys, change, leave }) {
  const list = el("ul", { class: "menu suggestions", role: "listbox", id: `keys-${serial += 1}`, popover: "manual", "aria-label": "Template keys" });
  const field = el("input", { class: "input mono", id, type: "text", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-labelledby": label, "aria-describedby": describedby, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, placeholder: "Text and keys, as Ward ${SITE}" });
  const note = el("small", { class: "muted expression-note" });
  field.value = text;
  let active = -1;

  const options = () => [...list.children];
  const mark = (index) => {
    active = index;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    const option = options()[active];
    if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    if (list.matches(":popover-open")) list.hidePopover();
    field.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const choose = (name) => {
    const caret = field.selectionStart;
    const at = fragment(field)?.at ?? caret;
    const after = field.value.slice(caret).replace(/^[A-Za-z0-9_-]*\}/, "");
    field.value = `${field.value.slice(0, at)}\${${name}}${after}`;
    field.setSelectionRange(at + name.length + 3, at + name.length + 3);
    close();
    typed();
  };
  const open = (typed) => {
    const wanted = typed.toLowerCase();
    const found = [...keys].filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, 50);
    list.replaceChildren(...found.map(([name, { type, help }], at) => {
      const option = el("li", { class: "menu-item", role: "option", id: `${list.id}-${at}`, "aria-selected": "false" }, el("code", {}, name), el("small", { class: "muted truncate" }, [type, help].filter(Boolean).join(" · ")));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(name); });
      return option;
    }));
    if (!found.length) { close(); return; }
    if (!list.matches(":popover-open")) list.showPopover();
    const box = field.getBoundingClientRect();
    list.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - list.offsetWidth - GAP))}px`;
    list.style.top = `${box.bottom + GAP + list.offsetHeight > innerHeight ? Math.max(GAP, box.top - GAP - list.offsetHeight) : box.bottom + GAP}px`;
    field.setAttribute("aria-expanded", "true");
    mark(0);
  };
  const describe = () => {
    note.textContent = keysIn(field.value).filter((name) => keys.has(name)).map((name) => `${name}: ${keys.get(name).type}`).join(", ");
  };
  const typed = () => { describe(); change(field.value); };

  field.addEventListener("input", () => {
    typed();
    const part = fragment(field);
    if (part) open(part.typed);
    else close();
  });
  field.addEventListener("keydown", (event) => {
    const shown = list.matches(":popover-open");
    if (!["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key) || (!shown && event.key !== "ArrowDown")) return;
    if (event.key === "Tab") { close(); return; }
    event.preventDefault();
    event.stopPropagation();
    const size = list.childElementCount;
    if (event.key === "Escape") close();
    else if (!shown) open(fragment(field)?.typed ?? "");
    else if (event.key === "Enter") choose(options()[active].querySelector("code").textContent);
    else mark((active + (event.key === "ArrowDown" ? 1 : -1) + size) % size);
  });
  field.addEventListener("blur", () => { close(); leave(field.value); });
  describe();
  return el("div", { class: "expression" }, field, note, list);
}
