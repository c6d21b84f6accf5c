/* A parameter catalogue in the browser, read from its file format (docs/catalogues.md).

   A *place* is where a value stands: a parameter, and for members of a class the instance: the number of a fixed one, the
   serial of a free one. Its *key* is a path ("userinterface.display0.rotation") or "serial:name". */

import { isExpression } from "./expression.js";

const DEFAULTS = { group: "", help: "", choices: [], runtime: true, system_setting: false, machinespecific: false, secret: false };

export class Catalogue {
  #byKey = new Map();
  #haystack = null;

  constructor(data) {
    this.name = `${data.name} ${data.version}`;
    this.pages = new Map(data.pages.map((page) => [page.id, { ...page, children: [], parameters: [] }]));
    this.classes = new Map((data.classes ?? []).map((each) => [each.path, { name_parameter: "name", indices: [], ...each, pages: new Set() }]));
    this.roots = [];
    for (const page of this.pages.values()) {
      const parent = this.pages.get(page.parent);
      (parent?.children ?? this.roots).push(page);
    }
    this.parameters = data.parameters.map((raw) => this.#parameter(raw));
  }

  #parameter(raw) {
    const at = raw.path.indexOf("%");
    const parameter = { ...DEFAULTS, ...raw, cls: at < 0 ? null : this.classes.get(raw.path.slice(0, at + 1)), name: raw.path.slice(at + 2) };
    this.pages.get(raw.page).parameters.push(parameter);
    if (!parameter.cls) this.#byKey.set(raw.path, { parameter, instance: null });
    else {
      parameter.cls.pages.add(raw.page);
      for (const index of parameter.cls.indices) this.#byKey.set(raw.path.replace("%", index), { parameter, instance: index });
      this.#byKey.set(raw.path, { parameter, instance: null });
    }
    return parameter;
  }

  key(parameter, instance) {
    if (!parameter.cls) return parameter.path;
    return parameter.cls.kind === "free" ? `${instance}:${parameter.name}` : parameter.path.replace("%", instance);
  }

  /** The place of a key, or null for one that this catalogue does not know. `classes`: serial -> class path. */
  place(key, classes) {
    const colon = key.lastIndexOf(":");
    if (colon < 0) return this.#byKey.get(key) ?? null;
    const serial = key.slice(0, colon);
    const found = this.#byKey.get(`${classes.get(serial)}.${key.slice(colon + 1)}`);
    return found ? { parameter: found.parameter, instance: serial } : null;
  }

  trail(id) {
    const steps = [];
    for (let page = this.pages.get(id); page; page = this.pages.get(page.parent)) steps.unshift(page);
    return steps;
  }

  title(id) {
    return this.trail(id).map((page) => page.title).join(" › ");
  }

  /** What searches look through: made once, before the first of them. */
  prepare() {
    this.#haystack ??= this.parameters.map((each) => {
      const label = each.label.toLowerCase();
      const path = each.path.toLowerCase();
      return { each, label, path, all: [path, label, each.help, each.group, this.title(each.page), each.cls?.label ?? "", ...each.choices.map(([, text]) => text)].join("\n").toLowerCase() };
    });
  }

  /** Parameters that hold every word: hits in the label first, then in the path, then the rest. */
  search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 10);
    if (!words.length) return [];
    this.prepare();
    const ranks = [[], [], []];
    for (const { each, label, path, all } of this.#haystack) {
      if (!words.every((word) => all.includes(word))) continue;
      ranks[words.every((word) => label.includes(word)) ? 0 : words.every((word) => path.includes(word)) ? 1 : 2].push(each);
    }
    return ranks.flat();
  }

  instanceLabel(cls, instance, values) {
    if (cls.kind === "fixed") return `${cls.label} ${instance}`;
    return String(values.get(`${instance}:${cls.name_parameter}`) ?? "") || `${cls.label} without a name`;
  }
}

/** A value as people read it. */
export function shown(parameter, value, mask) {
  if (value === undefined || value === null) return "not set";
  if (value === true) return "On";
  if (value === false) return "Off";
  if (value === "") return "empty";
  if (isExpression(value)) return String(value);
  if (parameter?.secret) return mask;
  const choice = parameter?.choices.find(([each]) => each === String(value));
  return choice ? choice[1] : String(value);
}

/** What is wrong with a value, as far as the browser can tell; the server decides. Empty when nothing is. */
export function complaint(parameter, value) {
  if (!parameter || isExpression(value) || !["integer", "float"].includes(parameter.type)) return "";
  const noun = parameter.type === "integer" ? "a whole number" : "a number";
  const { minimum = null, maximum = null } = parameter;
  const fits = typeof value === "number" && (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
  if (fits) return "";
  if (minimum !== null && maximum !== null) return `Enter ${noun} from ${minimum} to ${maximum}.`;
  if (minimum !== null) return `Enter ${noun} of ${minimum} or more.`;
  if (maximum !== null) return `Enter ${noun} of ${maximum} or less.`;
  return `Enter ${noun}.`;
}
