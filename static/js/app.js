/* Entry: loads the modules; each wires itself by custom elements or delegated events, so swapped content just works.

   Events on <body> that the server sends by the HX-Trigger header:
     ums:toast    {"text", "detail"?, "level"?, "undo"?: {"url", "label"?}}      -> toast.js
     ums:changed  {"what": ["devices", "profiles", …]}  regions re-read themselves: hx-trigger="ums:changed from:body"
     ums:close    closes the open dialog                                        -> dialog.js */
import "./compare.js";
import "./copy.js";
import "./dialog.js";
import "./dragdrop.js";
import "./editor.js";
import "./filter.js";
import "./frame.js";
import "./guard.js";
import "./hold.js";
import "./keyboard.js";
import "./live.js";
import "./menu.js";
import "./picks.js";
import "./preview.js";
import "./requests.js";
import "./table.js";
import "./times.js";
import "./toast.js";
import "./tree.js";
import "./upload.js";
