/* Relative times. <time datetime="2026-11-22T12:00:00+00:00">exact text</time> becomes "3 min ago"; the exact text moves
   into the title (pointer and screen readers). data-exact keeps a time as it is.
   The server's clock counts: <meta name="server-time" content="milliseconds since 1970">, later every live answer. */

const meta = document.querySelector('meta[name="server-time"]');
let offset = meta ? Number(meta.content) - Date.now() : 0;

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + offset;

/** Takes the Date header of an answer; it has whole seconds, so small differences are left alone. */
export function setServerDate(header) {
  const said = Date.parse(header ?? "");
  if (said && Math.abs(said + 500 - serverNow()) > 2000) offset = said + 500 - Date.now();
}

const exact = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const dayYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

const zoneName = (date) => zone.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "";

export function relative(ms) {
  const seconds = Math.round((serverNow() - ms) / 1000);
  const past = seconds >= 0;
  const s = Math.abs(seconds);
  const say = (value, unit) => (past ? `${value} ${unit} ago` : `in ${value} ${unit}`);
  if (s < 5) return "now";
  if (s < 60) return say(s, "s");
  if (s < 3600) return say(Math.floor(s / 60), "min");
  if (s < 86_400) return say(Math.floor(s / 3600), "h");
  if (s < 14 * 86_400) return say(Math.floor(s / 86_400), s < 172_800 ? "day" : "days");
  const date = new Date(ms);
  return (date.getFullYear() === new Date(serverNow()).getFullYear() ? day : dayYear).format(date);
}

function write(node) {
  const ms = Date.parse(node.dateTime);
  if (Number.isNaN(ms) || "exact" in node.dataset) return;
  const text = relative(ms);
  if (node.textContent !== text) node.textContent = text;
  const date = new Date(ms);
  if (!node.title) node.title = `${exact.format(date)} ${zoneName(date)}`;
}

export function refreshTimes(root = document) {
  root.querySelectorAll("time[datetime]").forEach(write);
}

refreshTimes();
setInterval(() => { if (!document.hidden) refreshTimes(); }, 5000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshTimes(); });
document.addEventListener("htmx:afterSwap", () => refreshTimes());
