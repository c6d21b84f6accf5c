/* Swaps wait for the hand: what is under a pressed pointer stays until its click has come, what has the focus keeps it.

   Held is an element while a pointer (or Space) is down in it, something is dragged out of it, or a menu in it is open.
   An answer for a held target is dropped and asked for again afterwards: GETs by htmx here, rows in live.js.
   The focus inside a swapped target goes to the same element of the new content; else from the bar of a selection to its
   list; else to what stands at its place, or to the heading. */
import { STOPS, twin, visible } from "./dom.js";

const CLICK = 100; // a click comes at most so many milliseconds after the pointer went up
let pressed = null;
let waiting = [];
let timer = 0;

/** Whether the element must not be replaced now; without one: whether anything is pressed. */
export const held = (node) => (node ? node.isConnected && (node.contains(pressed) || Boolean(node.querySelector(":popover-open"))) : pressed !== null);

/** Resolves when the element is not held any more. */
export const released = (node) => new Promise((resolve) => { if (held(node)) waiting.push({ node, resolve }); else resolve(); });

function settle() {
  const free = waiting.filter(({ node }) => !held(node));
  waiting = waiting.filter((one) => !free.includes(one));
  free.forEach(({ resolve }) => resolve());
}

function press(node) {
  clearTimeout(timer);
  pressed = node;
}

function release(delay) {
  clearTimeout(timer);
  timer = setTimeout(() => { pressed = null; settle(); }, delay);
}

const on = (type, run) => addEventListener(type, run, { capture: true });
on("pointerdown", (event) => press(event.target));
on("pointerup", () => release(CLICK));
on("pointercancel", () => release(0));
on("dragstart", (event) => setTimeout(() => press(event.target))); // after the pointercancel that comes with it
on("dragend", () => release(0));
on("keydown", (event) => { if (event.key === " " && !event.repeat) press(event.target); });
on("keyup", (event) => { if (event.key === " ") release(CLICK); });
on("blur", (event) => { if (event.target === window) release(0); });
on("toggle", settle);

/* Whoever asked asks the same again, with what it sends along, so what comes is what is true by then. */
async function again({ target, requestConfig: { elt, path } }) {
  await released(target);
  if (elt.isConnected && target.isConnected) htmx.ajax("GET", path, { source: elt, target });
}

let focus = null;
const stops = (place) => [...place.querySelectorAll(STOPS)].filter(visible);

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  focus = null;
  if (!detail.shouldSwap || detail.boosted) return;
  const { target, requestConfig, pathInfo } = detail;
  const active = document.activeElement;
  if (requestConfig.verb === "get" && held(target)) {
    detail.shouldSwap = false;
    again(detail);
  } else if (target !== active && target.contains(active)) {
    const stays = target.id !== "page" || pathInfo.requestPath === location.pathname + location.search;
    focus = { target, find: twin(active), at: stays ? stops(target).indexOf(active) : -1, ofList: stays && Boolean(active.closest(".bulk-bar")) };
  }
});

document.addEventListener("htmx:afterSwap", () => {
  if (!focus || document.activeElement !== document.body) return;
  const { target, find, at, ofList } = focus;
  const place = target.isConnected ? target : target.id && document.getElementById(target.id);
  if (!place) return;
  const near = stops(place);
  const choices = [find(place), ofList && place.querySelector("ums-table tbody > tr[tabindex='0']"), near[Math.min(at, near.length - 1)], document.querySelector("#page h1")];
  choices.find(visible)?.focus({ preventScroll: true });
});
