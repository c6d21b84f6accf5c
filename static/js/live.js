/* Live: one socket for the page; messages are nudges, the truth is re-read over HTTP.

   <ums-live socket="/wums-app/live">… <span class="live-state-text"></span></ums-live>   [state="live|paused"] is set
   Sends     {"type":"watch","devices":[7,8],"batches":true}   when the visible rows change (at most twice a second)
   Receives  {"type":"devices.changed","ids":[…]}  {"type":"batch.changed","id":5}  {"type":"tree.changed"}
             {"type":"processes.changed"}  {"type":"notices.changed"}
   Rows:     <tbody data-live-rows="/webapp/devices/rows"> <tr data-id="7">. GET ?ids=7,8 answers the <tr>s in any order;
             a row that is missing in the answer was deleted or left and is taken out. Only visible rows are read, at
             most 4 requests a second. Rows keep their place; a changed one is tinted for a second.
             Nothing is read while a pointer is down: what is pressed must still be there when it comes up (hold.js).
   Regions:  <div data-live="devices batches" [data-live-ids="7"] hx-get=… hx-trigger="ums:live">  get the event "ums:live".
             data-live-gap="2000": at most every 2 s, and once more after the last change
   Added:    <div data-live="tree" hx-get=… data-live-gap="2000" hx-trigger="ums:live">  asks for "12 new, show".
   When the socket is down: polls every 10 s (rows, regions) and says "Live updates paused since 12:03, trying again"; back
   again, everything visible is re-read. Nothing read for 180 s: [data-presence] cells say unknown (the attribute
   becomes "unknown", <template id="presence-unknown"> is shown in place of the chip). */
import { announce, twin } from "./dom.js";
import { held, released } from "./hold.js";
import { refreshTimes, setServerDate } from "./times.js";

const POLL = 10_000;
const STALE = 180_000;
const GAP = 250;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** What a row says, without its times: they grow older by themselves. */
function said(row) {
  const copy = row.cloneNode(true);
  copy.querySelectorAll("time").forEach((time) => time.remove());
  return copy.textContent.replace(/\s+/g, "");
}

class UmsLive extends HTMLElement {
  #socket = null;
  #tries = 0;
  #pausedAt = null;
  #freshAt = Date.now();
  #due = new Set();
  #regions = new Set();
  #flushing = 0;
  #lastFlush = 0;
  #visible = new Set();
  #readAt = new WeakMap();
  #watched = "";
  #watching = 0;
  #rowsAbort = null;

  connectedCallback() {
    this.sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "64px 0px" });
    this.mutations = new MutationObserver(() => this.#observeRows());
    this.mutations.observe(document.getElementById("page") ?? document.body, { childList: true, subtree: true });
    document.addEventListener("htmx:afterSettle", () => this.#observeRows());
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.#open) this.#connect(); });
    addEventListener("online", () => { if (!this.#open) this.#connect(); });
    addEventListener("pagehide", () => this.#socket?.close());
    this.#observeRows();
    this.#connect();
    setInterval(() => this.#tick(), POLL);
    setInterval(() => this.#checkStale(), 5000);
  }

  get #open() { return this.#socket?.readyState === WebSocket.OPEN; }

  #connect() {
    clearTimeout(this.retry);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const url = new URL(this.getAttribute("socket"), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#resume();
    this.#socket.onmessage = (event) => this.#message(event);
    this.#socket.onclose = () => this.#pause();
  }

  #resume() {
    const wasPaused = this.#pausedAt !== null;
    this.#tries = 0;
    this.#pausedAt = null;
    this.#watched = "";
    this.#show("live", "");
    this.#watch();
    if (wasPaused) announce("Live updates are back");
    /* Also at the first time: what changed since the page was made nobody has told us. */
    this.#everything();
  }

  #pause() {
    this.#pausedAt ??= Date.now();
    const wait = Math.min(30_000, 500 * 2 ** this.#tries) * (0.5 + Math.random());
    this.#tries += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.#connect(), wait);
    /* A short hiccup is not worth a word. */
    setTimeout(() => {
      if (this.#pausedAt !== null) this.#show("paused", `Live updates paused since ${clock.format(this.#pausedAt)}, trying again`);
    }, 2000);
  }

  #show(state, text) {
    if (this.getAttribute("state") === state && this.text === text) return;
    this.text = text;
    this.setAttribute("state", state);
    const place = this.querySelector(".live-state-text");
    if (place) place.textContent = text;
    if (text) announce(text);
  }

  #tick() {
    if (document.hidden) return;
    if (!this.#open) this.#everything();
    else this.#freshAt = Date.now();
  }

  #checkStale() {
    if (this.#open) { this.#freshAt = Date.now(); this.#presence(false); }
    else this.#presence(Date.now() - this.#freshAt > STALE);
  }

  #presence(unknown) {
    for (const cell of document.querySelectorAll("[data-presence]")) {
      if (unknown && cell.dataset.presence !== "unknown") {
        cell.dataset.presenceWas = cell.dataset.presence;
        cell.dataset.presence = "unknown";
        if (!cell.querySelector(".presence-unknown")) cell.append(document.getElementById("presence-unknown").content.cloneNode(true));
      } else if (!unknown && cell.dataset.presenceWas) {
        cell.dataset.presence = cell.dataset.presenceWas;
        delete cell.dataset.presenceWas;
      }
    }
  }

  #message(event) {
    let message;
    try { message = JSON.parse(event.data); } catch { return; }
    this.#freshAt = Date.now();
    if (message.type === "devices.changed") {
      for (const id of message.ids ?? []) this.#due.add(String(id));
      this.#nudgeRegions("devices", (message.ids ?? []).map(String));
    } else if (message.type === "batch.changed") this.#nudgeRegions("batches", [String(message.id)]);
    else if (message.type === "processes.changed") this.#nudgeRegions("processes", []);
    else if (message.type === "notices.changed") this.#nudgeRegions("notices", []);
    else if (message.type === "tree.changed") document.body.dispatchEvent(new CustomEvent("ums:tree"));
    this.#schedule();
  }

  #nudgeRegions(topic, ids) {
    for (const region of document.querySelectorAll(`[data-live~="${topic}"]`)) {
      const mine = region.dataset.liveIds?.split(",");
      if (!mine || ids.some((id) => mine.includes(id))) this.#regions.add(region);
    }
  }

  #everything() {
    this.#visible.forEach((row) => this.#due.add(row.dataset.id));
    document.querySelectorAll("[data-live]").forEach((region) => this.#regions.add(region));
    this.#schedule();
  }

  #schedule() {
    if (this.#flushing || (!this.#due.size && !this.#regions.size)) return;
    const wait = Math.max(0, this.#lastFlush + GAP - Date.now());
    this.#flushing = setTimeout(() => this.#flush(), wait);
  }

  async #flush() {
    await released();
    this.#lastFlush = Date.now();
    for (const region of this.#regions) {
      const early = Date.now() - (this.#readAt.get(region)?.at ?? 0) < Number(region.dataset.liveGap ?? 0);
      if (early) continue;
      this.#regions.delete(region);
      /* What was swapped as a whole meanwhile stands there under the same id. */
      const place = region.isConnected ? region : document.getElementById(region.id);
      if (!place) continue;
      this.#readAt.set(place, { at: Date.now() });
      htmx.trigger(place, "ums:live");
    }
    const rows = [...this.#visible].filter((row) => row.isConnected && this.#due.has(row.dataset.id));
    this.#due.clear();
    try {
      await this.#readRows(rows);
    } finally {
      this.#flushing = 0;
      this.#schedule();
    }
  }

  async #readRows(rows) {
    const url = rows[0]?.closest("[data-live-rows]")?.dataset.liveRows;
    if (!url) return;
    const ids = rows.map((row) => row.dataset.id).join(",");
    this.#rowsAbort = AbortSignal.timeout(POLL);
    let answer;
    try {
      answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}ids=${ids}`, { headers: { "HX-Request": "true" }, signal: this.#rowsAbort });
    } catch { return; }
    setServerDate(answer.headers.get("Date"));
    if (answer.redirected || answer.status === 401) { if (!document.querySelector("form[data-dirty]")) location.reload(); return; }
    if (!answer.ok) return;
    this.#freshAt = Date.now();
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = new Map([...holder.content.querySelectorAll("tr[data-id]")].map((row) => [row.dataset.id, row]));
    for (const row of rows) this.#replace(row, fresh.get(row.dataset.id));
  }

  async #later(row) {
    await released(row);
    this.#due.add(row.dataset.id);
    this.#schedule();
  }

  #replace(row, fresh) {
    if (!row.isConnected) return;
    if (held(row)) { this.#later(row); return; }
    if (!fresh) {
      if (row.contains(document.activeElement)) (row.nextElementSibling ?? row.previousElementSibling)?.focus({ preventScroll: true });
      row.remove();
      return;
    }
    const before = this.#readAt.get(row)?.html;
    const html = fresh.outerHTML;
    if (before === html) { this.#readAt.set(row, { html, at: Date.now() }); return; }
    const focused = row.contains(document.activeElement) ? twin(document.activeElement) : null;
    fresh.tabIndex = row.tabIndex;
    const tint = said(fresh) !== said(row);
    row.replaceWith(fresh);
    this.#readAt.set(fresh, { html, at: Date.now() });
    this.#visible.delete(row);
    this.#visible.add(fresh);
    htmx.process(fresh);
    refreshTimes(fresh);
    if (tint) {
      fresh.classList.add("changed");
      setTimeout(() => fresh.classList.remove("changed"), 1000);
    }
    if (focused) (focused() ?? fresh).focus({ preventScroll: true });
  }

  #observeRows() {
    for (const row of document.querySelectorAll("[data-live-rows] > tr[data-id]")) {
      if (!this.#readAt.has(row)) this.#readAt.set(row, { at: Date.now() });
      this.sight.observe(row);
    }
    for (const row of this.#visible) if (!row.isConnected) this.#visible.delete(row);
    this.#watch();
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) { this.#visible.delete(target); continue; }
      this.#visible.add(target);
      /* Out of sight it was not watched: what was read long ago is read again. */
      if (Date.now() - (this.#readAt.get(target)?.at ?? 0) > POLL) this.#due.add(target.dataset.id);
    }
    this.#watch();
    this.#schedule();
  }

  #watch() {
    clearTimeout(this.#watching);
    this.#watching = setTimeout(() => {
      if (!this.#open) return;
      const ids = new Set([...this.#visible].map((row) => row.dataset.id));
      for (const region of document.querySelectorAll('[data-live~="devices"][data-live-ids]')) region.dataset.liveIds.split(",").forEach((id) => ids.add(id));
      const devices = [...ids].map(Number).filter(Number.isInteger).sort((a, b) => a - b);
      const message = JSON.stringify({ type: "watch", devices, batches: Boolean(document.querySelector('[data-live~="batches"]')) });
      if (message === this.#watched) return;
      this.#watched = message;
      this.#socket.send(message);
    }, 200);
  }
}
customElements.define("ums-live", UmsLive);
