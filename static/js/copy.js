/* Copy buttons: <button data-copy="text">…<span class="copy-word">Copy</span></button>. The button says "Copied" for two
   seconds, also to screen readers. Without a clipboard (plain http, an old browser) it says so. */
import { announce } from "./dom.js";

async function copy(button) {
  let said = "Copied";
  try { await navigator.clipboard.writeText(button.dataset.copy); } catch { said = "Not possible here: select it and press Ctrl+C"; }
  announce(said);
  button.toggleAttribute("data-copied", said === "Copied");
  const word = button.querySelector(".copy-word");
  if (word) {
    word.dataset.before ??= word.textContent;
    word.textContent = said;
  }
  setTimeout(() => {
    button.removeAttribute("data-copied");
    if (word) word.textContent = word.dataset.before;
  }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
