/* What a write would change, before it is done (ums.effective.preview; templates/effective/_preview.html).

   <ums-preview url="/…" [ask] [manual]> in a dialog's form, with what is shown until the answer comes.
   It POSTs the form to `url` with ?preview=1 and shows the answer: at once and after each change of the form, or with
   `ask` when its button is pressed. `manual`: somebody sets `request = () => ({body, headers})` and calls load().
   [data-preview-csv] inside downloads the full list. Fields that change nothing on devices are IDLE. */
import { el, icon } from "./dom.js";
import { released } from "./hold.js";

const IDLE = ["confirm", "comment", "when", "q", "find"];

class UmsPreview extends HTMLElement {
  request = () => ({ body: new FormData(this.form) });

  connectedCallback() {
    this.form = this.closest("form");
    this.addEventListener("click", ({ target }) => {
      if (target.closest("[data-preview-csv]")) this.download(target.closest("[data-preview-csv]"));
      else if (target.closest("[data-preview-ask]")) this.load();
    });
    if (this.hasAttribute("manual")) return;
    this.form.addEventListener("change", this);
    if (!this.hasAttribute("ask")) this.#soon(0);
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this);
    clearTimeout(this.waiting);
    this.asking?.abort();
  }

  handleEvent({ target }) {
    if (!IDLE.includes(target.name) && (this.loaded || !this.hasAttribute("ask"))) this.#soon(250);
  }

  #soon(delay) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.load(), delay);
  }

  async #ask(form) {
    this.asking?.abort();
    this.asking = new AbortController();
    const url = new URL(this.getAttribute("url"), location.href);
    url.searchParams.set("preview", form);
    const { body, headers } = this.request();
    const common = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    return fetch(url, { method: "POST", headers: { ...common, ...headers }, body, signal: this.asking.signal });
  }

  /** Asks and shows. Answers false with the refusal when the server sends one as JSON. */
  async load() {
    this.loaded = true;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await this.#ask("1");
      const json = answer.headers.get("Content-Type")?.includes("json");
      if (answer.redirected) this.#failed("Your session has ended.", "Sign in again in another tab.");
      else if (json) {
        const refusal = await answer.json();
        this.dispatchEvent(new CustomEvent("ums:refused", { detail: { status: answer.status, body: refusal }, bubbles: true }));
        this.#failed("This cannot be done as it stands.", refusal.message ?? "");
      } else if (!answer.ok) this.#failed("What changes could not be worked out.", "You can go on without it, or try again.");
      else {
        const lines = await answer.text();
        await released(this);
        this.innerHTML = lines;
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#failed("The server did not answer.", "Check the connection, then try again.");
    }
    this.removeAttribute("aria-busy");
  }

  #failed(text, detail) {
    this.replaceChildren(el("div", { class: "notice bad", role: "alert" }, icon("error"), el("div", {}, el("strong", {}, text), el("span", {}, detail))));
  }

  async download(button) {
    button.disabled = true;
    try {
      const answer = await this.#ask("csv");
      if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/csv")) throw new Error("no CSV");
      const url = URL.createObjectURL(await answer.blob());
      el("a", { href: url, download: "what-changes.csv" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      if (error.name !== "AbortError") this.#failed("The list could not be made.", "Try again.");
    }
    button.disabled = false;
  }
}
customElements.define("ums-preview", UmsPreview);
