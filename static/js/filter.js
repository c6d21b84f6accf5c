/* Filter bar: tokens in one line, in the address.

   <form class="filter-bar" method="get" hx-get … > <ums-filter class="filter-box">
       <span class="token"><span class="key">status:</span>offline<input type="hidden" name="f" value="status:offline">
             <button type="button" data-remove aria-label="Remove status:offline">…</button></span> …
       <input name="q" type="search" autocomplete="off" …>
       <datalist data-field="status" data-help="Presence"><option value="online">Online</option>…</datalist> … </ums-filter>
   The server receives f=key:value (repeated) and q=free text. Typing "status:" offers its values, Enter or Space makes the
   token, Backspace in the empty input takes the last one back, Down goes through the offers. */
import { el, icon } from "./dom.js";

let serial = 0;

class UmsFilter extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[name=q]");
    if (!this.input) return;
    this.list = el("div", { class: "filter-options float", role: "listbox", id: `filter-options-${serial += 1}`, "aria-label": "Filters", tabindex: "-1", hidden: true });
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" })) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.#offer());
    /* A half typed "status:" is no search yet. */
    this.input.form?.addEventListener("htmx:beforeRequest", (event) => {
      if (event.detail.requestConfig.triggeringEvent?.type === "input" && this.#unfinished) event.preventDefault();
    });
    this.input.addEventListener("focus", () => this.#offer());
    this.input.addEventListener("blur", () => setTimeout(() => this.#close(), 120));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get fields() {
    return [...this.querySelectorAll("datalist[data-field]")].map((list) => ({
      key: list.dataset.field,
      help: list.dataset.help ?? "",
      values: [...list.options].map((option) => [option.value, option.textContent.trim()]),
    }));
  }

  /** The word at the end of the input: "status:off". */
  get word() { return this.input.value.split(/\s+/).at(-1) ?? ""; }

  get #unfinished() {
    return this.fields.some(({ key }) => this.word.startsWith(`${key}:`));
  }

  #offers() {
    const word = this.word.toLowerCase();
    const colon = word.indexOf(":");
    if (colon < 0) {
      return this.fields.filter(({ key, help }) => key.startsWith(word) || (word && help.toLowerCase().includes(word)))
        .map(({ key, help }) => ({ text: `${key}:`, help, insert: `${key}:`, done: false }));
    }
    const field = this.fields.find(({ key }) => key === word.slice(0, colon));
    const begun = word.slice(colon + 1);
    return (field?.values ?? []).filter(([value, label]) => value.toLowerCase().includes(begun) || label.toLowerCase().includes(begun))
      .map(([value, label]) => ({ text: value, help: label === value ? "" : label, insert: `${field.key}:${value}`, done: true }));
  }

  #offer() {
    const offers = this.#offers();
    this.list.replaceChildren(...offers.map((offer, index) => {
      const node = el("div", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": "false" }, el("span", {}, offer.text), el("small", {}, offer.help));
      node.addEventListener("click", () => this.#take(offer));
      node.offer = offer;
      return node;
    }));
    this.list.hidden = !offers.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  #take(offer) {
    const rest = this.input.value.slice(0, this.input.value.length - this.word.length);
    if (!offer.done) {
      this.input.value = rest + offer.insert;
      this.input.focus();
      this.#offer();
      return;
    }
    this.input.value = rest.trim();
    this.#addToken(offer.insert);
    this.#close();
    this.#send();
  }

  #addToken(text) {
    if ([...this.querySelectorAll("input[name=f]")].some((field) => field.value === text)) return;
    const colon = text.indexOf(":") + 1;
    const remove = el("button", { type: "button", "data-remove": true, "aria-label": `Remove ${text}` }, icon("close"));
    this.input.before(el("span", { class: "token" }, el("span", { class: "key" }, text.slice(0, colon)), text.slice(colon), el("input", { type: "hidden", name: "f", value: text }), remove));
  }

  #known(word) {
    const colon = word.indexOf(":");
    return colon > 0 && colon < word.length - 1 && this.fields.some(({ key }) => key === word.slice(0, colon));
  }

  #key(event) {
    const options = [...this.list.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = options[(at + step + options.length) % options.length];
      options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
      this.input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && !this.list.hidden) {
      event.preventDefault();
      this.#take(options[at].offer);
    } else if ((event.key === "Enter" || event.key === " ") && this.#known(this.word)) {
      event.preventDefault();
      this.#take({ insert: this.word, done: true });
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Backspace" && !this.input.value) {
      const last = [...this.querySelectorAll(".token")].at(-1);
      if (!last) return;
      event.preventDefault();
      this.input.value = last.querySelector("input[name=f]").value;
      last.remove();
      this.#offer();
    }
  }

  #click(event) {
    const remove = event.target.closest("[data-remove]");
    if (remove) {
      remove.closest(".token").remove();
      this.input.focus();
      this.#send();
    } else if (event.target === this) this.input.focus();
  }

  #send() {
    this.input.form?.requestSubmit();
  }
}
customElements.define("ums-filter", UmsFilter);
