/* Moving and assigning: by pointer, by cut and paste, and (in the pages) by "Assign…": all end in the same dialog.

   What can be dragged:  draggable="true" data-kind="device" data-id="7" data-label="TC-0007"
                         (a selected row carries its whole selection, an "all that match" selection its filter)
   Where it can go:      data-drop="device profile …"   the kinds it takes, separated by spaces
                         data-drop-kind="directory" data-id data-label   what and which the target is
                         data-drop-count="5000"         devices it would reach, shown while dragging (optional)
                         data-drop-deny="…"             why nothing can be dropped here (optional, wins)
   The drop opens:       GET <body data-drop-url>?kind=profile&ids=1,2&target=directory&target_id=5  (or all=1&filter=…)
   in the dialog; the server checks, previews and confirms. Esc cancels. Ctrl+X marks, Ctrl+V on the focused target
   (tree item, row, or the page itself: <main data-drop=…>) opens the same dialog. */
import { announce, count, el } from "./dom.js";
import { openDialog } from "./dialog.js";

const root = document.documentElement;
const NOUNS = {
  device: ["device", "devices"],
  profile: ["profile", "profiles"],
  priority_profile: ["priority profile", "priority profiles"],
  template_value: ["value", "values"],
  value_group: ["value group", "value groups"],
  file: ["file", "files"],
  directory: ["directory", "directories"],
  profile_directory: ["profile directory", "profile directories"],
};
const noun = (kind, value) => count(value, ...(NOUNS[kind] ?? [kind.replaceAll("_", " ")]));

let load = null;      // what is being dragged
let clipboard = null; // what was cut
let badge = null;
let over = null;

/** What the element stands for: itself, or the selection it is part of. */
function loadOf(node) {
  const { kind, id, label } = node.dataset;
  const table = node.closest("ums-table");
  if (table?.isSelected(node)) {
    const size = table.selectedCount;
    return { kind, size, label: size === 1 ? label : noun(kind, size), query: table.selection, nodes: table.selectedRows };
  }
  return { kind, size: 1, label, query: { ids: id }, nodes: [node] };
}

/** Empty when the load may be dropped there, else the reason. */
function refusal(what, target) {
  const { drop = "", dropDeny, dropKind, id, label } = target.dataset;
  if (dropDeny) return dropDeny;
  const takes = drop.split(/\s+/);
  if (!takes.includes(what.kind)) {
    const [, many] = NOUNS[what.kind] ?? [what.kind, what.kind];
    return `${label ?? "This"} does not take ${many}`;
  }
  if (dropKind === what.kind && (what.query.ids ?? "").split(",").includes(id)) return "It cannot be put into itself";
  return "";
}

/* What is dragged is no target for itself. */
function targetAt(event) {
  const target = event.target.closest?.("[data-drop]") ?? null;
  return target && !load.nodes.includes(target) ? target : null;
}

function drop(what, target) {
  openDialog(document.body.dataset.dropUrl, { kind: what.kind, ...what.query, target: target.dataset.dropKind, target_id: target.dataset.id });
}

function light() {
  root.dataset.dragging = load.kind;
  for (const target of document.querySelectorAll("[data-drop]")) {
    target.toggleAttribute("data-drop-valid", !refusal(load, target));
    target.toggleAttribute("data-drop-invalid", Boolean(refusal(load, target)));
  }
}

function dark() {
  delete root.dataset.dragging;
  for (const target of document.querySelectorAll("[data-drop-valid], [data-drop-invalid]")) {
    target.removeAttribute("data-drop-valid");
    target.removeAttribute("data-drop-invalid");
    target.classList.remove("over");
  }
  badge?.remove();
  badge = null;
  over = null;
  load = null;
}

function say(target) {
  const reason = target ? refusal(load, target) : "";
  const reach = Number(target?.dataset.dropCount);
  const where = target ? target.dataset.label : "";
  const line = reason || (where ? `to ${where}${reach ? ` · reaches ${noun("device", reach)}` : ""}` : "Drop on a directory or device · Esc cancels");
  badge.classList.toggle("invalid", Boolean(reason));
  badge.querySelector("small").textContent = line;
}

document.addEventListener("dragstart", (event) => {
  const node = event.target.closest?.('[draggable="true"][data-kind]');
  if (!node) return;
  load = loadOf(node);
  event.dataTransfer.effectAllowed = "copyMove";
  event.dataTransfer.setData("text/plain", load.label);
  event.dataTransfer.setDragImage(el("span"), 0, 0);
  badge = el("div", { class: "drag-badge", "aria-hidden": "true" }, el("b", {}, String(load.size)), el("div", {}, load.label, el("small", {}, "")));
  document.body.append(badge);
  say(null);
  setTimeout(() => load && light());
});

document.addEventListener("dragover", (event) => {
  if (!load) return;
  badge.style.translate = `${Math.min(event.clientX + 14, innerWidth - badge.offsetWidth - 8)}px ${Math.min(event.clientY + 14, innerHeight - badge.offsetHeight - 8)}px`;
  const target = targetAt(event);
  if (target !== over) {
    if (target && !target.matches("[data-drop-valid], [data-drop-invalid]")) light();
    over?.classList.remove("over");
    target?.classList.add("over");
    over = target;
    say(target);
    hoverOpen(target);
  }
  if (target && !refusal(load, target)) {
    event.preventDefault();
    event.dataTransfer.dropEffect = load.kind === target.dataset.dropKind || load.kind === "device" ? "move" : "copy";
  }
});

/* Resting on a closed branch opens it. */
let resting = 0;
function hoverOpen(target) {
  clearTimeout(resting);
  if (target?.getAttribute("aria-expanded") !== "false") return;
  resting = setTimeout(async () => {
    await target.closest("ums-tree")?.expand(target);
    if (load) light();
  }, 700);
}

document.addEventListener("drop", (event) => {
  const target = load && targetAt(event);
  if (!load || !target || refusal(load, target)) return;
  event.preventDefault();
  const what = load;
  dark();
  drop(what, target);
});
document.addEventListener("dragend", () => { clearTimeout(resting); dark(); });

/* Cut and paste */
function focused(selector) {
  return document.activeElement?.closest(selector);
}

function forget() {
  document.querySelectorAll(".cut").forEach((node) => node.classList.remove("cut"));
  clipboard = null;
}

/** Marks what has the focus (or the selection it is in) for pasting; false when there is nothing to cut. */
export function cut() {
  const selected = document.querySelector("ums-table tr.selected[data-kind]");
  const node = focused("[data-kind][data-id][draggable]") ?? selected;
  if (!node) return false;
  forget();
  clipboard = loadOf(node);
  clipboard.nodes.forEach((each) => each.classList.add("cut"));
  announce(`Cut ${clipboard.label}. Go to the target and press Control V.`);
  return true;
}

/** Opens the dialog for what was cut and the focused target; says why when it cannot. */
export function paste() {
  if (!clipboard) return false;
  const target = focused("[data-drop]") ?? document.querySelector("main[data-drop]");
  const reason = target ? refusal(clipboard, target) : "There is no target here: go to a directory or device first";
  if (reason) document.dispatchEvent(new CustomEvent("ums:toast", { detail: { text: "Cannot paste here", detail: reason, level: "warning" } }));
  else { drop(clipboard, target); forget(); }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && clipboard) forget();
});
