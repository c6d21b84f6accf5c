/* Files: <form data-upload> shows how much of its file has been sent in [data-upload-progress] (a <progress> and
   [data-upload-words]); <label data-drop-file> around an <input type="file"> takes a file that is dropped onto it and
   names it in [data-file-name]. */
const zoneOf = (event) => event.target.closest?.("[data-drop-file]");

function name(input) {
  const words = input.closest("[data-drop-file]")?.querySelector("[data-file-name]");
  if (words && input.files.length) words.textContent = input.files[0].name;
}

document.addEventListener("change", (event) => { if (event.target.matches('[data-drop-file] input[type="file"]')) name(event.target); });
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const zone = zoneOf(event);
    if (!zone || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    zone.dataset.over = "";
  });
}
document.addEventListener("dragleave", (event) => { const zone = zoneOf(event); if (zone && !zone.contains(event.relatedTarget)) delete zone.dataset.over; });
document.addEventListener("drop", (event) => {
  const zone = zoneOf(event);
  if (!zone || !event.dataTransfer.files.length) return;
  event.preventDefault();
  delete zone.dataset.over;
  const input = zone.querySelector('input[type="file"]');
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

const boxOf = (event) => event.target.closest?.("form[data-upload]")?.querySelector("[data-upload-progress]");

document.addEventListener("htmx:xhr:progress", (event) => {
  const box = boxOf(event), { loaded, total, lengthComputable } = event.detail;
  if (!box || !lengthComputable || !total) return;
  const percent = Math.round((100 * loaded) / total);
  box.hidden = false;
  box.querySelector("progress").value = percent;
  box.querySelector("[data-upload-words]").textContent = percent < 100 ? `Uploading: ${percent} %` : "Reading the file…";
});
document.addEventListener("htmx:afterRequest", (event) => { const box = boxOf(event); if (box) box.hidden = true; });
