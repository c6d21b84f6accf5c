"""A parameter definition as large and as odd as that of a real base system; all names are invented.

`base_system()` is the same each time: 6,417 parameters in about 4.6 MB, 160 classes of instances, 22 of which extend
one base, and pages of about 500 kB. Needs no Django.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from functools import cache

PARAMETERS = 6_417
CLASSES = 160
SESSIONS = 22
INHERITED = 100
"""Parameters of the base that each class of sessions has too."""

LANGUAGES = ("en_us", "de_de", "es_es", "fr_fr", "it_it", "nl_nl", "pt_pt", "sv_se", "zh_cn", "zh_hk", "ja_jp")
_AREAS = ("accessories", "auth", "devices", "network", "print", "security", "system", "update", "userinterface", "x")
_TEXT = """
alarm anchor archive badge balance beacon border bridge buffer cable camera canvas channel clock cluster
colour column contrast counter cursor delay desktop domain driver echo edge filter folder format frame gateway
grid handle header helper history hotkey image index interval keyboard label lamp layer layout ledger level
link list locale lock logger margin marker mask menu mirror mode monitor network notice offset option output
panel path pattern picture pilot pointer policy port preview printer profile prompt proxy queue range relay
reminder report retry ribbon route ruler sample scale scanner screen script search selector sensor server
session shade shelf signal slider socket sound source speaker spool station status step storage stream style
switch table tablet target task theme ticket timeout timer token toolbar tray trigger tunnel user vault
version view volume watch wheel width window zone
"""
_WORDS = _TEXT.split()
_TYPES = ("string",) * 22 + ("bool",) * 8 + ("integer",) * 4 + ("editable", "ip", "range", "int", "multiline")


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of a definition, as bytes."""

    definition: bytes
    ui: bytes
    translations: bytes


@dataclass(slots=True)
class _Draft:
    """What is written so far: the text, and the paths of each area for its pages."""

    random: random.Random
    text: list[str] = field(default_factory=list)
    paths: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0


@cache
def base_system(parameters: int = PARAMETERS, seed: int = 7) -> Files:
    """The files; the same for the same arguments."""
    draft = _Draft(random.Random(seed))
    out = draft.text
    out.append("<vlist>")
    _sessions(draft)
    classes = CLASSES - SESSIONS - 1
    plain = parameters - draft.count - classes * 12
    for number, area in enumerate(_AREAS):
        out.append(f"\n<{area}>" + ("system_setting=<true>" if area in ("auth", "network", "update") else ""))
        for index in range(number, classes, len(_AREAS)):
            _class(draft, area, index)
        share = plain // len(_AREAS) + (number < plain % len(_AREAS))
        for branch in range(0, share, 20):
            name = f"{_WORDS[branch // 20 % len(_WORDS)]}{branch // 20}x"
            out.append(f"<{name}>")
            for leaf in range(branch, min(share, branch + 20)):
                _leaf(draft, f"{area}.{name}", _name(draft, leaf))
            out.append(f"</{name}>")
        out.append(f"</{area}>")
    out.append("\n</vlist>\n")
    ui, texts = _pages(draft)
    return Files("".join(out).encode(), ui, texts)


def _sessions(draft: _Draft) -> None:
    """Classes that extend one base: each lists what the base has, without types and texts."""
    out = draft.text
    out.append("<sessions>node_action=<refresh_sessions><base%>")
    names = ["name", *(_name(draft, number) for number in range(1, INHERITED))]
    for name in names:
        _leaf(draft, "sessions.base%", name, kind="string")
    out.append("</base%>")
    for number in range(SESSIONS):
        cls = f"{_WORDS[number * 5]}{'abc'[number % 3]}%"
        out.append(f"<{cls}>\n  extends_base=<sessions.base%>displayname[en_us]=<{_title(cls[:-1])} session>")
        for name in names:
            out.append(f"<{name}>value=<{_title(cls[:-1]) if name == 'name' else ''}></{name}>")
            draft.paths.setdefault(f"sessions.{cls}", []).append(f"sessions.{cls}.{name}")
        draft.count += len(names)
        for own in range(20):
            _leaf(draft, f"sessions.{cls}", f"own_{_name(draft, own)}")
        out.append("<drive%>")
        _leaf(draft, f"sessions.{cls}.drive%", "letter", kind="string")
        out.append(f"</drive%><drive0></drive0></{cls}><{cls[:-1]}0></{cls[:-1]}0>")
    out.append("</sessions>")


def _class(draft: _Draft, area: str, index: int) -> None:
    """Every other one is numbered, with up to four instances; the others are lists with names."""
    fixed = index % 2 == 0
    stem = f"{_WORDS[(index * 7) % len(_WORDS)]}_{index}n"
    draft.text.append(f"<{stem}%>")
    if not fixed:
        _leaf(draft, f"{area}.{stem}%", "name", kind="string")
    for leaf in range(12 if fixed else 11):
        _leaf(draft, f"{area}.{stem}%", f"own_{_name(draft, leaf)}")
    draft.text.append(f"</{stem}%>")
    if fixed:
        draft.text.extend(f"<{stem}{number}></{stem}{number}>" for number in range(draft.random.randint(1, 4)))


def _leaf(draft: _Draft, parent: str, name: str, kind: str = "") -> None:
    rng = draft.random
    title = " ".join(rng.choices(_WORDS, k=2))
    default, choices = ("", []) if kind else _default(rng, kind := rng.choice(_TYPES))
    out = draft.text
    out.append(f"<{name}>value=<{default}>type=<{kind}>")
    if choices:
        out.append("range=<" + "\n ".join(f"[{value}]" for value in choices) + ">")
        for language in LANGUAGES:
            out.append(
                f"range[{language}]=<" + "".join(f"[{_title(value)} ({language[:2]})]" for value in choices) + ">"
            )
    out.append(f"runtime=<{'false' if rng.random() < 0.2 else 'true'}>")
    if rng.random() < 0.008:
        out.append("encrypted=<Scrambled>")
    if rng.random() < 0.003:
        out.append("machinespecific=<true>")
    if rng.random() < 0.3:
        out.append("node_acl=<change:uid=0>node_action=<restart_service &lt 1 &gt 0>")
    for language in LANGUAGES:
        out.append(f"displayname[{language}]=<{_title(title)} {language[:2]}>")
        if rng.random() < 0.5:
            out.append(
                f"tooltip[{language}]=<Sets the {title} of {name}, from {' '.join(rng.choices(_WORDS, k=5))} on.>"
            )
    out.append(f"</{name}>\n")
    draft.paths.setdefault(parent.partition("%")[0] + "%" if "%" in parent else parent, []).append(f"{parent}.{name}")
    draft.count += 1


def _default(rng: random.Random, kind: str) -> tuple[str, list[str]]:
    """A default, and choices; now and then one that does not fit."""
    odd = rng.random() < 0.004
    if kind == "bool":
        return "" if odd else rng.choice(("true", "false")), []
    if kind in ("integer", "int"):
        return "auto" if odd else str(rng.randint(0, 500)), []
    if kind == "ip":
        return "gateway.example" if odd else rng.choice(("", "192.0.2.1")), []
    if kind in ("range", "editable") or (kind == "string" and rng.random() < 0.08):
        choices = list(dict.fromkeys(rng.choices(_WORDS, k=rng.randint(2, 6))))
        return "other" if odd else choices[0], choices
    if kind == "multiline" or odd:
        return "first line\nsecond line", []
    return " ".join(rng.choices(_WORDS, k=rng.randint(0, 3))), []


def _pages(draft: _Draft) -> tuple[bytes, bytes]:
    """A tree of pages with most of the parameters, in groups, with sliders and labels; and the titles."""
    rng = draft.random
    pages: dict[str, dict[str, object]] = {"root": {"id": "root", "title": "Root", "childrenIds": []}}
    texts: dict[str, dict[str, str]] = {}

    def page(key: str, title: str, parent: str) -> dict[str, object]:
        texts[f"page.{key}"] = {"de": f"{title} (de)", "en": title}
        made: dict[str, object] = {
            "id": key,
            "title": "",
            "nlsResourceId": f"page.{key}",
            "parentId": parent,
            "childrenIds": [],
            "elements": {},
        }
        pages[key] = made
        children = pages[parent]["childrenIds"]
        assert isinstance(children, list)
        children.append(key)
        return made

    for number, (where, paths) in enumerate(draft.paths.items()):
        area = where.partition(".")[0]
        if f"Area {area}" not in pages:
            page(f"Area {area}", _title(area), "root")
        if number % 25 == 24:
            continue
        one = page(f"Page/{number}", _title(where.rpartition(".")[2].rstrip("%")), f"Area {area}")
        groups: dict[str, object] = {}
        for start in range(0, len(paths), 8):
            elements = {str(place): _element(rng, path) for place, path in enumerate(paths[start : start + 8])}
            groups[str(len(groups))] = {
                "type": "parameterGroup",
                "title": f"Group {start // 8 + 1}",
                "elements": elements,
            }
        one["elements"] = groups
    return json.dumps(pages, separators=(",", ":")).encode(), json.dumps(texts).encode()


def _element(rng: random.Random, path: str) -> dict[str, object]:
    if rng.random() < 0.03:
        return {"type": "slider", "paramId": path, "minValue": "0", "maxValue": "500"}
    element: dict[str, object] = {"type": "generic", "paramId": path}
    if rng.random() < 0.05:
        element["dependencies"] = [
            {"dependentParamId": path, "dependentParamValues": [False], "dependencyType": "disable"}
        ]
    return element


def _name(draft: _Draft, number: int) -> str:
    return f"{_WORDS[(number * 11) % len(_WORDS)]}_{number}k"


def _title(text: str) -> str:
    return text.replace("_", " ").capitalize()
