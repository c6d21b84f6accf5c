/* Keys of the whole console.

   data-key="g d" on a link or button presses it, on an input focuses it; sequences are separated by a space (1 s between).
   data-key-hidden lets a link work that is not shown.
   With the focus on a table row and nothing selected, the key selects that row first, so "a" assigns what is under it.
   ? opens the list (<template id="keys-dialog">). Ctrl+X / Ctrl+V: dragdrop.js.
   data-arrows on a container: up and down move between its links and buttons; Esc goes back to its input. */
import { isTyping, visible } from "./dom.js";
import { openTemplate } from "./dialog.js";
import { cut, paste } from "./dragdrop.js";

let first = "";
let timer = 0;

function press(key) {
  const row = document.activeElement?.closest?.("ums-table tbody > tr[data-id]");
  const table = row?.closest("ums-table");
  if (table && table.selectedCount === 0 && table.bar?.querySelector(`[data-key="${CSS.escape(key)}"]`)) table.select(row);
  const candidates = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((node) => (visible(node) || "keyHidden" in node.dataset) && !node.disabled);
  const node = candidates.find((each) => each.closest(".bulk-bar")) ?? candidates[0];
  if (!node) return false;
  if (node.matches("input, textarea, select")) { node.focus(); node.select?.(); } else node.click();
  return true;
}

function arrows(event) {
  const box = event.target.closest("[data-arrows]");
  if (!box || !["ArrowDown", "ArrowUp"].includes(event.key)) return false;
  const stops = [...box.querySelectorAll("[data-arrows-list] :is(a[href], button)")].filter(visible);
  const at = stops.indexOf(document.activeElement);
  if (event.key === "ArrowUp" && at <= 0) box.querySelector("input")?.focus();
  else (event.key === "ArrowDown" ? stops[at + 1] : stops[at - 1])?.focus();
  return stops.length > 0;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  const typing = isTyping(event.target);
  if (arrows(event)) { event.preventDefault(); return; }
  if (typing && event.key === "Escape") { event.target.blur(); return; }
  if (typing || document.querySelector("dialog[open]")) return;

  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
    const nothingMarked = !getSelection()?.toString();
    if (event.key === "x" && nothingMarked && cut()) event.preventDefault();
    if (event.key === "v" && paste()) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;

  clearTimeout(timer);
  const pair = first && `${first} ${event.key}`;
  first = "";
  let done = false;
  if (pair) done = press(pair);
  if (!done && event.key === "?") { openTemplate("keys-dialog"); done = true; }
  if (!done) done = press(event.key);
  if (!done && document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
    first = event.key;
    timer = setTimeout(() => { first = ""; }, 1000);
  }
  if (done) event.preventDefault();
});
