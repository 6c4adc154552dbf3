# SPDX-License-Identifier: Apache-2.0
"""What lies in the windows that Resolve's UIManager shows: layouts, and what is in their fields.

Only widgets and properties that are widely used: labels stand in for a progress bar. Standard library only,
Python 3.8 syntax.
"""

from __future__ import annotations

from html import escape
from typing import Any, Mapping, Sequence

from .windows import BAD, EACH, GOOD, MOST_HANDLES, MOST_TAKES, WHOLE, WORDS, Question

CORNER = (260, 160)
ASK_SIZE = (600, 610)
PROGRESS_SIZE = (560, 150)
BAR_WIDTH, BAR_HEIGHT = 520, 10
_LINE_HEIGHT = 20
_LINES_WIDTH = 760
_WORDS_WIDTH = 560
_MOST_ROWS = 18
_MOST_COVERED = 6
_LABEL_WIDTH = 110

_HEADING = "font-size: 16px; font-weight: bold;"
_DIM = "color: #9a9aa2;"
_PROBLEM = "background-color: #3d3024; color: #ffb36b; padding: 8px;"
_WARM_HEADING = _HEADING + " color: #ffb36b;"
_FIXED = "font-family: Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 12px;"
_BAR = "background-color: #3f7fbf;"
_TROUGH = "background-color: #1c1c1f;"
_GO = "background-color: #3f7fbf; color: white; font-weight: bold; padding: 5px 16px;"
_MARKS = {GOOD: ("✓", "#79c77f"), BAD: ("✗", "#ff8d72")}
_PLAIN_LINES = 6
_SPREADS = (EACH, WHOLE)


# ---------------------------------------------------------------------------------------------- to ask


def ask_view(ui: Any, question: Question) -> Any:
    """The view that asks QUESTION; ``fill`` puts in what is in it."""
    hint = {"PlaceholderText": WORDS["prompt"]["hint"]}
    prompt = (
        ui.TextEdit(_attributes("prompt", MinimumSize=[200, 64], Weight=1, **hint))
        if _several(question)
        else ui.LineEdit(_attributes("prompt", MinimumSize=[200, 34], Weight=0, **hint))
    )
    heading = [ui.Label({"Text": WORDS["prompt"]["label"], "StyleSheet": "font-weight: bold;", "Weight": 1})]
    if question.earlier:
        heading.append(ui.ComboBox(_attributes("earlier", Weight=0, MinimumSize=[220, 24])))
    notes = [
        ui.Label({"Text": note, "StyleSheet": _DIM, "WordWrap": True, "Weight": 0}) for note in question.notes
    ]
    return ui.VGroup(
        {"Spacing": 8, "Weight": 1},
        [
            ui.Label({"ID": "Problem", "Text": "", "WordWrap": True, "Weight": 0}),
            _line(ui, "source", ui.ComboBox(_attributes("source", Weight=1))),
            ui.Label({"ID": "Covered", "Text": "", "StyleSheet": _FIXED, "Weight": 0}),
            *notes,
            _line(ui, "spread", ui.ComboBox(_attributes("spread", Weight=1))),
            ui.VGap(4),
            ui.HGroup({"Weight": 0}, heading),
            prompt,
            ui.VGap(4),
            *_fields(ui),
            ui.VGap(4),
            ui.HGroup(
                {"Weight": 0},
                [
                    ui.HGap(0),
                    ui.Button({"ID": "Cancel", "Text": WORDS["cancel"]["label"], "Weight": 0}),
                    ui.Button(
                        {"ID": "Go", "Text": WORDS["generate"]["label"], "StyleSheet": _GO, "Weight": 0}
                    ),
                ],
            ),
        ],
    )


def _fields(ui: Any) -> list[Any]:
    """The lines of the form below the prompt."""
    return [
        _line(
            ui,
            "negative",
            ui.LineEdit(_attributes("negative", PlaceholderText=WORDS["negative"]["hint"], Weight=1)),
        ),
        _line(
            ui,
            "layer",
            ui.ComboBox(_attributes("layer", Weight=1)),
            ui.Label({"Text": WORDS["takes"]["label"], "Weight": 0}),
            ui.SpinBox(_attributes("takes", Minimum=1, Maximum=MOST_TAKES, Value=1, Weight=0)),
        ),
        _line(
            ui,
            "engine",
            ui.ComboBox(_attributes("engine", Weight=1)),
            ui.Label({"Text": "{} ({})".format(WORDS["handles"]["label"], WORDS["handles"]["unit"])}),
            ui.SpinBox(_attributes("handles", Minimum=0, Maximum=MOST_HANDLES, Value=0, Weight=0)),
        ),
        ui.Label({"ID": "EngineHint", "Text": "", "StyleSheet": _DIM, "WordWrap": True, "Weight": 0}),
        _line(
            ui,
            "seed",
            ui.LineEdit(_attributes("seed", PlaceholderText=WORDS["seed"]["hint"], Weight=1)),
            ui.CheckBox(_attributes("markers", Text=WORDS["markers"]["label"], Checked=False, Weight=0)),
        ),
        _line(ui, "folder", ui.LineEdit(_attributes("folder", Weight=1))),
    ]


def _attributes(name: str, **more: Any) -> dict[str, Any]:
    return dict({"ID": name.capitalize(), "ToolTip": WORDS[name]["tip"]}, **more)


def _line(ui: Any, name: str, *widgets: Any) -> Any:
    label = ui.Label(
        {
            "Text": WORDS[name]["label"],
            "ToolTip": WORDS[name]["tip"],
            "StyleSheet": _DIM,
            "MinimumSize": [_LABEL_WIDTH, 0],
            "Weight": 0,
        }
    )
    return ui.HGroup({"Weight": 0, "Spacing": 8}, [label, *widgets])


def fill(items: Mapping[str, Any], question: Question) -> None:
    """Puts QUESTION's values into the fields, and what they offer."""
    values = question.values
    show_problem(items, question.problem)
    _offer(
        items["Source"],
        [source["label"] for source in question.sources],
        [source["key"] for source in question.sources],
        values["source"],
    )
    _offer(items["Layer"], question.layers, question.layers, values["layer"])
    names = [engine["name"] for engine in question.engines]
    shown = [name + (" (not ready)" if question.why_not(name) else "") for name in names]
    _offer(items["Engine"], shown, names, values["engine"])
    _offer(items["Spread"], [WORDS[name]["label"] for name in _SPREADS], _SPREADS, values["spread"])
    if question.earlier:
        texts = [" ".join(text.split())[:80] for text in question.earlier]
        _offer(items["Earlier"], [WORDS["earlier"]["label"], *texts], range(len(texts) + 1), 0)
    set_prompt(items["Prompt"], question, values["prompt"])
    items["Negative"].Text = values["negative"]
    items["Seed"].Text = values["seed"]
    items["Folder"].Text = values["folder"]
    items["Takes"].Value = int(values["takes"])
    items["Handles"].Value = int(values["handles"])
    items["Markers"].Checked = bool(values["markers"])


def read(items: Mapping[str, Any], question: Question) -> dict[str, Any]:
    """What is in the fields."""
    prompt = items["Prompt"]
    text = prompt.PlainText if _several(question) else prompt.Text
    source = chosen(items["Source"], [source["key"] for source in question.sources])
    return {
        "source": source,
        "prompt": text if question.wants_prompt(source) else question.values["prompt"],
        "negative": items["Negative"].Text,
        "layer": chosen(items["Layer"], question.layers),
        "takes": items["Takes"].Value,
        "seed": items["Seed"].Text,
        "engine": chosen(items["Engine"], [engine["name"] for engine in question.engines]),
        "handles": items["Handles"].Value,
        "spread": chosen(items["Spread"], _SPREADS),
        "markers": items["Markers"].Checked,
        "folder": items["Folder"].Text,
    }


def set_prompt(item: Any, question: Question, text: str) -> None:
    """Puts TEXT into the prompt's field for QUESTION, which has one line or several."""
    if _several(question):
        item.PlainText = text
    else:
        item.Text = " ".join(text.split("\n"))


def _several(question: Question) -> bool:
    """Whether the prompt's field has several lines."""
    return "\n" in question.values["prompt"]


def show_problem(items: Mapping[str, Any], problem: str) -> None:
    """Shows why an answer was refused, above everything."""
    items["Problem"].Text = problem
    items["Problem"].StyleSheet = _PROBLEM if problem else ""


def covered(source: Mapping[str, Any]) -> str:
    """The lines of SOURCE, the first of many."""
    lines = list(source["lines"])
    more = len(lines) - _MOST_COVERED
    return "\n".join(lines if more <= 1 else [*lines[:_MOST_COVERED], f"and {more} more"])


def chosen(item: Any, names: Sequence[Any]) -> Any:
    """Which of NAMES is chosen in the combo box ITEM."""
    return names[max(int(item.CurrentIndex), 0)] if names else ""


def _offer(item: Any, texts: Sequence[str], names: Sequence[Any], name: Any) -> None:
    item.AddItems(list(texts))
    item.CurrentIndex = list(names).index(name) if name in names else 0


# ------------------------------------------------------------------------------------- to show and tell


def progress_view(ui: Any, title: str) -> Any:
    """The view that shows how far the work is; its bar is a label that grows."""
    bar = {"ID": "Bar", "Text": "", "StyleSheet": _BAR, "FixedSize": [1, BAR_HEIGHT], "Weight": 0}
    rest = {"ID": "Rest", "Text": "", "StyleSheet": _TROUGH, "FixedSize": [BAR_WIDTH - 1, BAR_HEIGHT]}
    return ui.VGroup(
        {"Spacing": 8, "Weight": 1},
        [
            ui.Label({"ID": "Title", "Text": title, "StyleSheet": _HEADING, "WordWrap": True, "Weight": 0}),
            ui.HGroup({"Spacing": 0, "Weight": 0}, [ui.Label(bar), ui.Label(rest), ui.HGap(0)]),
            ui.Label({"ID": "Words", "Text": "", "WordWrap": True, "Weight": 1}),
            ui.HGroup(
                {"Weight": 0},
                [
                    ui.HGap(0),
                    ui.Button({"ID": "Cancel", "Text": WORDS["cancel"]["label"], "Weight": 0}),
                ],
            ),
        ],
    )


def show_fraction(items: Mapping[str, Any], fraction: float | None) -> None:
    """Sets the bar; where FRACTION is not known it is empty."""
    width = min(max(round(BAR_WIDTH * (fraction or 0.0)), 1), BAR_WIDTH - 1)
    items["Bar"].FixedSize = [width, BAR_HEIGHT]
    items["Rest"].FixedSize = [BAR_WIDTH - width, BAR_HEIGHT]


def lines_view(ui: Any, title: str, lines: Sequence[str], choices: Sequence[str], problem: bool) -> Any:
    """TITLE, LINES, and a button for each of CHOICES."""
    if _is_table(lines):
        plain = "\n".join(line.replace("\t", "   ") for line in lines)
        body = {"ID": "Lines", "PlainText": plain, "HTML": table(lines), "ReadOnly": True, "Weight": 1}
        shown = ui.TextEdit(body)
    else:
        shown = ui.Label({"ID": "Lines", "Text": "\n".join(lines), "WordWrap": True, "Weight": 1})
    buttons = [
        ui.Button(dict({"ID": choice_id(number), "Text": choice, "Weight": 0}, **_look(number)))
        for number, choice in enumerate(choices)
    ]
    style = _WARM_HEADING if problem else _HEADING
    return ui.VGroup(
        {"Spacing": 10, "Weight": 1},
        [
            ui.Label({"ID": "Title", "Text": title, "StyleSheet": style, "WordWrap": True, "Weight": 0}),
            shown,
            ui.HGroup({"Weight": 0}, [ui.HGap(0), *reversed(buttons)]),
        ],
    )


def _look(number: int) -> dict[str, str]:
    return {} if number else {"StyleSheet": _GO}


def choice_id(number: int) -> str:
    """The ID of the button for the choice of NUMBER, from 0."""
    return f"Choice{number + 1}"


def lines_size(lines: Sequence[str]) -> tuple[int, int]:
    """Width and height of a window for LINES."""
    if _is_table(lines):
        return _LINES_WIDTH, 150 + _LINE_HEIGHT * min(len(lines), _MOST_ROWS)
    wrapped = sum(1 + len(line) // 75 for line in lines)
    return _WORDS_WIDTH, 130 + _LINE_HEIGHT * wrapped


def _is_table(lines: Sequence[str]) -> bool:
    return len(lines) > _PLAIN_LINES or any("\t" in line for line in lines)


def table(lines: Sequence[str]) -> str:
    """LINES as HTML: rows with tabs in columns, each with its mark in colour."""
    parts: list[str] = []
    rows: list[str] = []
    for line in lines:
        if "\t" in line:
            rows.append(_html_row(line.split("\t")))
            continue
        parts += _html_table(rows)
        rows = []
        parts.append("<p style='margin: 6px 0'>{}</p>".format(escape(line) or "&nbsp;"))
    return "".join(parts + _html_table(rows))


def _html_table(rows: Sequence[str]) -> list[str]:
    return ['<table cellspacing="0" cellpadding="3">{}</table>'.format("".join(rows))] if rows else []


def _html_row(cells: Sequence[str]) -> str:
    mark, colour = _MARKS.get(cells[0], (escape(cells[0]), ""))
    first = f'<td><font color="{colour}">{mark}</font></td>' if colour else f"<td>{mark}</td>"
    rest = "".join(f"<td>&nbsp;&nbsp;{escape(cell)}</td>" for cell in cells[1:])
    if cells[0] == BAD:
        rest = "".join(
            f'<td><font color="{colour}">&nbsp;&nbsp;{escape(cell)}</font></td>' for cell in cells[1:]
        )
    return f"<tr>{first}{rest}</tr>"
