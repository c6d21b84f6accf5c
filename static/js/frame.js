/* Panes: resizing, collapsing, drawer.

   <split-handle pane="tree|aside" edge="start|end" aria-label="Width of the tree" …>
       drag; arrows 16 px, Home/End smallest/largest, Enter or double click collapses or restores.
   [data-toggle="tree|aside|messages"]  collapses or shows the pane (below 800 px the tree is a drawer).
   [data-view="content|aside"]          (buttons among the tabs) below 1100 px: content or right pane; #page carries it too. */
import { store } from "./dom.js";

const root = document.documentElement;
const LIMITS = { tree: [220, 360], aside: [240, 480] };
const DEFAULTS = { tree: 280, aside: 300 };
const drawer = matchMedia("(max-width: 799.98px)");

const width = (pane) => Math.round(parseFloat(getComputedStyle(root).getPropertyValue(`--${pane}-width`))) || DEFAULTS[pane];

function setWidth(pane, value, keep = true) {
  const [low, high] = LIMITS[pane];
  const px = Math.min(high, Math.max(low, Math.round(value)));
  root.style.setProperty(`--${pane}-width`, `${px}px`);
  if (keep) store.set(`${pane}-width`, px);
  for (const handle of document.querySelectorAll(`split-handle[pane="${pane}"]`)) handle.setAttribute("aria-valuenow", px);
}

function reflect() {
  for (const button of document.querySelectorAll("[data-toggle]")) {
    const pane = button.dataset.toggle;
    const open = pane === "tree" && drawer.matches ? root.dataset.drawer === "open" : root.dataset[pane] !== "closed";
    button.setAttribute("aria-expanded", String(open));
  }
}

function setDrawer(open) {
  if (open) root.dataset.drawer = "open";
  else delete root.dataset.drawer;
  reflect();
  if (open) document.querySelector('#tree [role="treeitem"][tabindex="0"]')?.focus();
}

export function toggle(pane) {
  if (pane === "tree" && drawer.matches) {
    setDrawer(root.dataset.drawer !== "open");
    return;
  }
  const closed = root.dataset[pane] === "closed";
  if (closed) delete root.dataset[pane];
  else root.dataset[pane] = "closed";
  store.set(pane, closed ? null : "closed");
  reflect();
}

class SplitHandle extends HTMLElement {
  connectedCallback() {
    this.pane = this.getAttribute("pane");
    this.sign = this.getAttribute("edge") === "end" ? -1 : 1;
    const [low, high] = LIMITS[this.pane];
    this.tabIndex = 0;
    this.setAttribute("role", "separator");
    this.setAttribute("aria-orientation", "vertical");
    this.setAttribute("aria-valuemin", low);
    this.setAttribute("aria-valuemax", high);
    this.setAttribute("aria-valuenow", width(this.pane));
    this.addEventListener("pointerdown", this);
    this.addEventListener("keydown", this);
    this.addEventListener("dblclick", () => toggle(this.pane));
  }

  handleEvent(event) {
    if (event.type === "keydown") this.#key(event);
    else if (event.type === "pointerdown") this.#grab(event);
  }

  #grab(event) {
    event.preventDefault();
    this.setPointerCapture(event.pointerId);
    this.classList.add("dragging");
    const from = event.clientX;
    const before = root.dataset[this.pane] === "closed" ? 0 : width(this.pane);
    const move = (next) => {
      const wish = before + this.sign * (next.clientX - from);
      if (wish < LIMITS[this.pane][0] / 2) root.dataset[this.pane] = "closed";
      else { delete root.dataset[this.pane]; setWidth(this.pane, wish, false); }
    };
    const end = () => {
      this.removeEventListener("pointermove", move);
      this.classList.remove("dragging");
      store.set(this.pane, root.dataset[this.pane] ?? null);
      store.set(`${this.pane}-width`, width(this.pane));
      reflect();
    };
    this.addEventListener("pointermove", move);
    this.addEventListener("lostpointercapture", end, { once: true });
  }

  #key(event) {
    const [low, high] = LIMITS[this.pane];
    const step = { ArrowLeft: -16 * this.sign, ArrowRight: 16 * this.sign }[event.key];
    if (step) setWidth(this.pane, width(this.pane) + step);
    else if (event.key === "Home") setWidth(this.pane, low);
    else if (event.key === "End") setWidth(this.pane, high);
    else if (event.key === "Enter") toggle(this.pane);
    else return;
    event.preventDefault();
  }
}
customElements.define("split-handle", SplitHandle);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle]");
  if (button) toggle(button.dataset.toggle);

  const view = event.target.closest("button[data-view]");
  if (view) {
    const page = document.getElementById("page");
    page.dataset.view = view.dataset.view;
    for (const tab of page.querySelectorAll("button[data-view]")) tab.setAttribute("aria-pressed", String(tab === view));
    const above = [...page.querySelectorAll(".pane-main > :is(.page-head, .tabs)")];
    page.style.setProperty("--head-height", `${above.reduce((sum, part) => sum + part.offsetHeight, 0)}px`);
  }

  if (event.target.closest(".scrim") || (drawer.matches && event.target.closest("#tree a[href]"))) setDrawer(false);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.dataset.drawer === "open") {
    setDrawer(false);
    document.querySelector('[data-toggle="tree"]')?.focus();
  }
});
drawer.addEventListener("change", () => setDrawer(false));
document.addEventListener("htmx:afterSettle", reflect);
reflect();
