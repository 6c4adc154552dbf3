"""A question as the plugin asks it."""

from __future__ import annotations

from typing import Any

from foley_davinci.windows import Question


def question(**changed: Any) -> Question:
    values = {"prompt": "slow footsteps on gravel", "takes": 3, "folder": "/films/Foley", "markers": True}
    values.update(changed.pop("values", {}))
    given: dict[str, Any] = {
        "title": "Foley - Generate",
        "sources": [
            {"key": "selection", "label": "2 selected clips", "lines": ["01:00:02:00  a", "01:00:04:12  b"]},
            {"key": "marks", "label": "In to out", "lines": ["01:00:00:00 – 01:00:12:14"]},
            {"key": "markers", "label": "6 markers", "lines": ["01:00:01:00  door"]},
        ],
        "values": values,
        "layers": ["foley", "ambience"],
        "engines": [
            {"name": "auto", "ready": True, "why_not": ""},
            {"name": "hunyuan", "ready": False, "why_not": "its weights are not here"},
            {"name": "procedural", "ready": True, "why_not": ""},
        ],
    }
    return Question(**dict(given, **changed))
