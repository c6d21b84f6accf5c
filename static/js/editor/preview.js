/* What saving would change on devices: <template id="preview-dialog"> with a <ums-preview> (preview.js), and Save inside. */
import { openTemplate } from "../dialog.js";

/** `sent(when)` is what would be posted, `save(when)` posts it, `refused(status, body)` gets a refusal. */
export function showPreview({ sent, save, refused }) {
  openTemplate("preview-dialog");
  const body = document.getElementById("dialog-body");
  const preview = body.querySelector("ums-preview");
  preview.request = () => ({ body: JSON.stringify(sent("now")), headers: { "Content-Type": "application/json", Accept: "application/json" } });
  const close = () => document.getElementById("dialog").close();
  preview.addEventListener("ums:refused", ({ detail }) => { close(); refused(detail.status, detail.body); });
  body.querySelectorAll("[data-preview-save]").forEach((button) => button.addEventListener("click", () => { close(); save(button.dataset.previewSave); }));
  preview.load();
}
