/* Comparisons: <button data-step="1"> and "-1" move the focus to the next or previous row with data-difference.
   The keys n and p press them (data-key). */
import { announce, visible } from "./dom.js";

function step(by) {
  const rows = [...document.querySelectorAll("tr[data-difference]")].filter(visible);
  if (!rows.length) { announce("No differences"); return; }
  const here = document.activeElement?.closest("tbody > tr");
  const at = here ? rows.findIndex((row) => row === here) : -1;
  // From a row that is equal, on to the nearest one in that direction.
  const follows = (row) => Boolean(here?.compareDocumentPosition(row) & (by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING));
  const next = at >= 0 || !here ? rows[Math.max(0, Math.min(rows.length - 1, at + by))] : (by > 0 ? rows.find(follows) : rows.findLast(follows));
  if (!next || next === here) { announce(by > 0 ? "No more differences below" : "No more differences above"); return; }
  next.tabIndex = 0;
  next.focus();
  next.scrollIntoView({ block: "center" });
  announce(`Difference ${rows.indexOf(next) + 1} of ${rows.length}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
});
