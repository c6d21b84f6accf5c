/* Somebody else saved: who, when, what; where both changed the same, one chooses. Also the list of one's own changes. */
import { count, el, icon } from "../dom.js";
import { openTemplate } from "../dialog.js";
import { relative } from "../times.js";
import { shown } from "./catalogue.js";

function named(editor, key, classes) {
  const { catalogue } = editor;
  const place = catalogue.place(key, classes);
  if (!place) return [key, ""];
  const { parameter, instance } = place;
  const values = new Map([...editor.model.base.values, ...editor.model.now.values]);
  const within = parameter.cls ? `${catalogue.instanceLabel(parameter.cls, instance, values)} · ` : "";
  return [parameter.label, within + catalogue.title(parameter.page), parameter];
}

function cells(editor, parameter, from, to) {
  const { mask } = editor;
  const secret = parameter?.secret && from && to && from !== to;
  return [el("td", { class: "wrap was" }, shown(parameter, from, mask)), el("td", { class: "wrap" }, secret ? `${mask} another secret` : shown(parameter, to, mask))];
}

function table(head, rows) {
  return el("table", { class: "table differences" }, el("thead", {}, el("tr", {}, ...head.map((each) => el("th", { scope: "col" }, each)))), el("tbody", {}, ...rows));
}

const what = (label, detail) => el("td", { class: "wrap" }, el("span", { class: "cell-main" }, label), el("br"), el("small", { class: "muted" }, detail));

/** Rows of the table of one's own changes. */
function changeRow(editor, { kind, key, from, to }) {
  const classes = new Map([...editor.model.base.classes, ...editor.model.now.classes]);
  if (kind === "overwrite") return el("tr", {}, what("Overwrite sessions", "Profile option"), ...cells(editor, null, from, to));
  if (kind === "value") {
    const [label, detail, parameter] = named(editor, key, classes);
    return el("tr", {}, what(label, detail), ...cells(editor, parameter, from, to));
  }
  const cls = editor.catalogue.classes.get(classes.get(key));
  const values = kind === "added" ? editor.model.now.values : editor.model.base.values;
  const name = cls ? editor.catalogue.instanceLabel(cls, key, values) : key;
  return el("tr", {}, what(name, cls?.label ?? ""), el("td", { class: "muted" }, kind === "added" ? "–" : "there"), el("td", {}, kind));
}

/** The dialog of unsaved changes. */
export function showChanges(editor, discard) {
  openTemplate("changes-dialog", (content) => {
    content.querySelector("[data-changes]").append(table(["Parameter", "Saved", "Now"], editor.model.changes.map((each) => changeRow(editor, each))));
    content.querySelector("[data-discard]").addEventListener("click", () => { document.getElementById("dialog").close(); discard(); });
  });
}

function choice(editor, met, number, group) {
  const { key, kind } = met;
  const [label, detail, parameter] = kind === "removed" ? [key, "You removed it, they changed it"] : named(editor, key, new Map([...editor.model.base.classes, ...editor.model.now.classes]));
  const option = (side, text, checked) => {
    const radio = el("input", { type: "radio", name: group, value: side });
    radio.checked = checked;
    return el("label", { class: "choice" }, radio, el("span", {}, el("small", { class: "muted" }, side === "mine" ? "Mine" : `Revision ${number}`), el("strong", {}, text)));
  };
  const words = kind === "removed" ? ["removed", "changed"] : [shown(parameter, met.mine, editor.mask), shown(parameter, met.theirs, editor.mask)];
  return el("fieldset", { class: "meeting" }, el("legend", {}, label, el("small", { class: "muted" }, ` ${detail}`)), option("mine", words[0], true), option("theirs", words[1], false));
}

/** The dialog after a conflict; `merge(mine)` begins again with the head, `mine(change)` says whose value counts. */
export function showConflict(editor, head, merge) {
  const meeting = editor.model.meeting(head);
  const theirs = head.changed.length;
  const comment = head.comment ? `: “${head.comment}”` : "";
  openTemplate("conflict-dialog", (content) => {
    const box = content.querySelector("[data-conflict]");
    box.append(
      el("div", { class: "notice warn" }, icon("warning"), el("div", {}, el("strong", {}, `${head.author} saved revision ${head.number} ${relative(Date.parse(head.at))}${comment}`), el("span", {}, `It changed ${count(theirs, "parameter")}. Nothing of yours was saved, and nothing is lost.`))),
      el("p", {}, meeting.length ? `You both changed ${count(meeting.length, "parameter")}. Choose what shall count:` : "You changed different parameters, so both fit together."),
      ...meeting.map((met, at) => choice(editor, met, head.number, `meeting-${at}`)),
      el("p", { class: "muted" }, `“Load and keep my changes” shows revision ${head.number} with your ${count(editor.model.changes.length, "change")} on top, unsaved. Look at it, then save.`));
    content.querySelector("[data-merge]").addEventListener("click", () => {
      const dialog = document.getElementById("dialog");
      const mine = new Map(meeting.map((met, at) => [met.key, dialog.querySelector(`[name="meeting-${at}"]:checked`)?.value !== "theirs"]));
      dialog.close();
      merge((met) => mine.get(met.key));
    });
  });
}
