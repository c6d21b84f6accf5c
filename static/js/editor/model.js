/* The one place where edits live: the revision that editing began with (`base`) and what it shall be (`now`), both flat:
   values: Map key -> value (see catalogue.js), classes: Map serial -> class path, overwrite: bool.
   A value with template keys is an Expression (expression.js), one object for one text. Changes are announced to `onchange`. The wire form is that of the server: {values, instances}. */

import { isExpression, keysIn, normal } from "./expression.js";

const flat = ({ settings, overwrite_sessions: overwrite }) => {
  const values = new Map(Object.entries(settings.values).map(([key, value]) => [key, normal(value)]));
  const classes = new Map();
  for (const [serial, instance] of Object.entries(settings.instances)) {
    classes.set(serial, instance.class);
    for (const [name, value] of Object.entries(instance.values)) values.set(`${serial}:${name}`, normal(value));
  }
  return { values, classes, overwrite };
};

const copy = (state) => ({ values: new Map(state.values), classes: new Map(state.classes), overwrite: state.overwrite });
const serialOf = (key) => (key.includes(":") ? key.slice(0, key.lastIndexOf(":")) : null);
const union = (...maps) => new Set(maps.flatMap((map) => [...map.keys()]));

export class Model {
  errors = new Map();

  constructor(revision, onchange) {
    this.onchange = onchange;
    this.#start(revision);
  }

  #start(revision) {
    this.number = revision.number;
    this.base = flat(revision);
    this.now = copy(this.base);
    this.errors.clear();
  }

  /** Names of the template keys that the saved settings use. */
  get keysUsed() { return [...this.base.values.values()].filter(isExpression).flatMap((value) => keysIn(String(value))); }
  has(key) { return this.now.values.has(key); }
  get(key) { return this.now.values.get(key); }
  isChanged(key) { return this.now.values.get(key) !== this.base.values.get(key); }
  instances(path) { return [...this.now.classes].filter(([, each]) => each === path).map(([serial]) => serial); }

  set(key, value, error = "") {
    this.now.values.set(key, value);
    if (error) this.errors.set(key, error);
    else this.errors.delete(key);
    this.onchange(key);
  }

  clear(key) {
    this.now.values.delete(key);
    this.errors.delete(key);
    this.onchange(key);
  }

  revert(key) {
    if (this.base.values.has(key)) this.set(key, this.base.values.get(key));
    else this.clear(key);
  }

  setOverwrite(on) {
    this.now.overwrite = on;
    this.onchange("");
  }

  add(path, values) {
    const serial = `${Date.now()}${crypto.randomUUID().replaceAll("-", "")}`;
    this.restore({ serial, path, values });
    return serial;
  }

  /** Takes a free instance out; answers what `restore` needs to bring it back. */
  remove(serial) {
    const path = this.now.classes.get(serial);
    const values = {};
    for (const [key, value] of this.now.values) if (serialOf(key) === serial) values[key.slice(serial.length + 1)] = value;
    this.#drop(serial);
    this.onchange("");
    return { serial, path, values };
  }

  restore({ serial, path, values }) {
    this.now.classes.set(serial, path);
    for (const [name, value] of Object.entries(values)) this.now.values.set(`${serial}:${name}`, value);
    this.onchange("");
  }

  discard() {
    this.now = copy(this.base);
    this.errors.clear();
    this.onchange("");
  }

  /** Take over settings in wire form as what is edited. */
  adopt(settings, overwrite) {
    this.now = flat({ settings, overwrite_sessions: overwrite });
    this.onchange("");
  }

  /** [{kind: "value"|"added"|"removed"|"overwrite", key, from, to}]: instances that came or went count once. */
  get changes() {
    const { base, now } = this;
    const found = [];
    if (base.overwrite !== now.overwrite) found.push({ kind: "overwrite", key: "", from: base.overwrite, to: now.overwrite });
    for (const serial of union(base.classes, now.classes)) {
      if (base.classes.has(serial) !== now.classes.has(serial)) found.push({ kind: now.classes.has(serial) ? "added" : "removed", key: serial });
    }
    for (const key of union(base.values, now.values)) {
      const serial = serialOf(key);
      if (serial !== null && base.classes.has(serial) !== now.classes.has(serial)) continue;
      if (base.values.get(key) !== now.values.get(key)) found.push({ kind: "value", key, from: base.values.get(key), to: now.values.get(key) });
    }
    return found;
  }

  get wire() {
    const values = {};
    const instances = {};
    for (const [serial, path] of this.now.classes) instances[serial] = { class: path, values: {} };
    for (const [key, value] of this.now.values) {
      const serial = serialOf(key);
      if (serial === null) values[key] = value;
      else instances[serial].values[key.slice(serial.length + 1)] = value;
    }
    return { values, instances };
  }

  /** What was sent was saved under this number. What was typed meanwhile stays a change. */
  saved(number, sent, mask, isSecret) {
    this.number = number;
    this.base = flat(sent);
    for (const [key, value] of this.base.values) {
      if (!value || !isSecret(key)) continue;
      if (this.now.values.get(key) === value) this.now.values.set(key, mask);
      this.base.values.set(key, mask);
    }
    this.errors.clear();
    this.onchange("");
  }

  /** Where mine and theirs meet: what both changed, to different ends. `head`: the answer to a conflict. */
  meeting(head) {
    const theirs = flat(head).values;
    return this.changes.flatMap(({ kind, key, to }) => {
      if (kind === "value" && head.changed.includes(key) && (theirs.get(key) !== to || to === undefined)) {
        return theirs.has(key) || to !== undefined ? [{ kind, key, mine: to, theirs: theirs.get(key) }] : [];
      }
      if (kind === "removed" && head.changed.some((each) => serialOf(each) === key)) return [{ kind, key }];
      return [];
    });
  }

  /** Begin again with the head, my changes on top; `mine(change)` decides where both changed the same. */
  rebase(head, mine) {
    const before = this.changes;
    const { now: kept, errors } = { now: copy(this.now), errors: new Map(this.errors) };
    const met = new Map(this.meeting(head).map((each) => [`${each.kind} ${each.key}`, each]));
    this.#start(head);
    for (const { kind, key } of before) {
      const both = met.get(`${kind} ${key}`);
      if (both && !mine(both)) continue;
      const serial = kind === "value" ? serialOf(key) : key;
      if (kind === "overwrite") this.now.overwrite = kept.overwrite;
      else if (kind === "removed") this.#drop(key);
      else if (kind === "added" || (serial !== null && !this.now.classes.has(serial))) this.#take(kept, serial);
      else if (kept.values.has(key)) this.now.values.set(key, kept.values.get(key));
      else this.now.values.delete(key);
    }
    for (const [key, message] of errors) if (this.now.values.get(key) === kept.values.get(key)) this.errors.set(key, message);
    this.onchange("");
  }

  #take(state, serial) {
    this.now.classes.set(serial, state.classes.get(serial));
    for (const [key, value] of state.values) if (serialOf(key) === serial) this.now.values.set(key, value);
  }

  #drop(serial) {
    this.now.classes.delete(serial);
    for (const key of [...this.now.values.keys()]) if (serialOf(key) === serial) { this.now.values.delete(key); this.errors.delete(key); }
  }
}
