/* Files: <form data-upload> shows how much of its file has been sent in [data-upload-progress] (a <progress> and
   [data-upload-words]); <label data-drop-file> around an <input type="file"> takes what is dropped onto it and names
   it in [data-file-name]. The fields in [data-needed-with=".def"] are required while a file with that ending is chosen,
   and not called optional. */
const zoneOf = (event) => event.target.closest?.("[data-drop-file]");

function name(input) {
  const words = input.closest("[data-drop-file]")?.querySelector("[data-file-name]");
  const names = [...input.files].map((file) => file.name);
  if (words && names.length) words.textContent = names.join(", ");
  for (const box of input.form?.querySelectorAll("[data-needed-with]") ?? []) {
    const needed = names.some((each) => each.toLowerCase().endsWith(box.dataset.neededWith));
    for (const note of box.querySelectorAll(".required")) note.hidden = needed;
    for (const field of box.querySelectorAll("input")) field.required = needed;
  }
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
