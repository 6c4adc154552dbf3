"""Editions and versions: what each has (sections 1, 2, 3, 14), and the switches of what is not sure.

A method's first version stands at the method (`@api(since=...)`); here are the rules that are not about
one method.
"""

from __future__ import annotations

from typing import Any

VERSIONS: dict[str, tuple[int, int, int, int]] = {
    "18.5.0": (18, 5, 0, 41),
    "18.6": (18, 6, 0, 9),
    "19.0.0": (19, 0, 0, 25),
    "19.0.1": (19, 0, 1, 6),
    "19.0.2": (19, 0, 2, 7),
    "19.1": (19, 1, 0, 12),
    "20.0": (20, 0, 0, 49),
    "20.1": (20, 1, 0, 20),
    "20.2": (20, 2, 0, 10),
    "20.3": (20, 3, 0, 10),
    "21.0": (21, 0, 0, 47),
    "21.0.4": (21, 0, 4, 5),
    "21.1": (21, 1, 0, 17),
}  # build numbers but 21.1's are made up: no rule reads them

FREE = "DaVinci Resolve"  # section 3: GetProductName
STUDIO = "DaVinci Resolve Studio"

# Section 3: what raises the upsell box on the free edition. UIManager from 19.1 on (section 1 fact 2, R).
STUDIO_ONLY = {
    "Fusion.UIManager": (19, 1),
    "bmd.UIDispatcher": (19, 1),
    "Timeline.GenerateSpeech": (21, 0),  # section 14: "GenerateSpeech (Studio)"
    "Project.GenerateSpeech": (21, 0),
}

# Section 3, LUA M: the free 21.1 Lua host. Names as Lua spells them.
LUA_211: dict[str, list[str]] = {
    "nil": [
        "io",
        "os.execute",
        "os.remove",
        "os.rename",
        "require",
        "package",
        "ffi",
        "debug",
        "UIManager",
        "arg",
        "bmd.readfile",
        "bmd.writefile",
        "bmd.readdir",
    ],
    "present": [
        "loadfile",
        "dofile",
        "loadstring",
        "pcall",
        "coroutine",
        "bit",
        "bmd.wait",
        "bmd.gettime",
        "bmd.fileexists",
        "bmd.direxists",
        "resolve",
        "fusion",
        "fu",
        "app",
        "fusion:GetPrefs",
        "fusion:SetPrefs",
        "fusion:SavePrefs",
    ],
}


def lua_prelude() -> str:
    """Lua text that takes away, in a plain interpreter, what the free 21.1 host lacks (section 3)."""
    lines = ["bmd = bmd or {}"]
    for name in LUA_211["nil"]:
        lines.append(name + " = nil")
    lines.append("print = function() end")  # "print output is invisible"
    return "\n".join(lines) + "\n"


class Build:
    """One edition in one version.

    Args:
        version: a key of VERSIONS.
        edition: "free" or "studio".
    """

    def __init__(self, version: str = "20.3", edition: str = "studio") -> None:
        self.version = version
        self.numbers = VERSIONS[version]
        if edition not in ("free", "studio"):
            raise ValueError(edition)
        self.studio = edition == "studio"

    def product(self) -> str:
        """What GetProductName says (section 3)."""
        return STUDIO if self.studio else FREE

    def at_least(self, *version: int) -> bool:
        """Whether this is VERSION or newer."""
        return self.numbers[:3] >= ((*tuple(version), 0, 0, 0))[:3]

    def upsells(self, name: str) -> bool:
        """Whether the call raises the modal box here (section 3, MCP M free 21.0.3.7)."""
        first = STUDIO_ONLY.get(name)
        return not self.studio and first is not None and self.at_least(*first)

    def runs_python(self) -> bool:
        """Section 1 fact 1: free 21.1 and later lists no Python scripts. M"""
        return self.studio or not self.at_least(21, 1)

    def runs_external(self) -> bool:
        """Section 2: external scripting is Studio's (with the preference set)."""
        return self.studio

    def default_quirks(self) -> dict[str, Any]:
        """The switches; each names its section. A test changes them on `host.quirks`."""
        new = self.at_least(21, 1)
        return {
            # Section 7, MR M 21.1: the count may be stale after AddTrack/DeleteTrack until a page switch.
            "stale_track_count": new,
            # Section 7: the 21.1 stub lists no index and one user calls it append-only. R
            "add_track_index": not new,
            # Section 8: "drop" (MCP M; later one dropped), "drop_none" (None in the list), "slide" (GAP C).
            "overlap": "drop",
            # Section 8: "empty" (AS C) or "ghost" (GAP C: items returned, nothing placed).
            "locked": "empty",
            # A trackIndex that does not exist: "none" (nil) or "list_with_none".
            "bad_index": "none",
            # Section 9: "number" (21.1 stub), "string" ("29.97 DF" by suffix), "plain_string" (no suffix).
            "rate_style": "number" if new else "string",
            # Section 9: whether the key timelineDropFrameTimecode answers.
            "drop_frame_key": new,
            # Section 7: FPS a float in the 21.1 stub, "a string or number before".
            "fps_style": "float" if new else "string",
            # Section 7: GetSourceStartFrame can read one early: "never", "mismatch" (rates differ or
            # retimed; our guess at when), "always".
            "source_start_early": "mismatch",
            # Section 7: SetName of an item does nothing with ":" or "/"; of a track or bin it is not known.
            "track_name_colon": True,
            "folder_name_colon": True,
            # Section 7: markers' keys are floats in Python, counts and frames ints: "as_said", or every
            # number a "float".
            "numbers": "as_said",
            # Section 7: text values are partly localised, some are empty: does Usage tell a number; "late":
            # the number of when a page was opened last (whether it is counted anew at once is not known).
            "usage_count": True,
            # Section 7: text values are partly localised: is the point of FPS a comma then.
            "decimal_comma": False,
            # Section 7 has no word on links: does "File Path" have the path as given, or the "real" one.
            "file_path": "given",
            # Sections 7, 11: SetName refuses ":" and "/" and says True; is a marker's name "taken", is
            # AddMarker "refused" (False), or does it say True and do nothing ("silent").
            "marker_colon": "taken",
            # The facts are silent on the name of a track that is not there: "", None, or "numbered".
            "missing_track_name": "",
            # Section 6 has GetEndFrame absolute, but not whether it is the last frame or the one after.
            "end_frame": "exclusive",
            # Section 9: "parse `;` as DF"; whether each version writes it is not said.
            "drop_semicolon": True,
            # Section 2: unknown names of Resolve's objects yield None; of widgets it is not known ("raises").
            "widget_unknown": "none",
            # Section 7: empty lists come as None. MR M
            "empty_list": None,
            # Section 7: order of GetSelectedClips is not documented: "clicked", "record", "reversed".
            "selection_order": "clicked",
            # Section 13: which StepLoop calls raise KeyError('On'): a set of numbers (first is 1), or "all".
            "step_raises": (),
            # Section 13: FindWindow gives "an already open window", then Show(): does it find "all" that were
            # opened in this run of Resolve, hidden ones too, or only what is "shown".
            "find_window": "shown",
            # Section 8 rule 7: OpenPage first. How many questions for the page (GetCurrentPage) until it is
            # there is not known.
            "page_after": 0,
            # Section 13: `itm = win.GetItems()`, then `itm["Prompt"]`: a "dict", or a "table" of Fusion's, of
            # which no more than that is told.
            "items": "dict",
            # Section 7 has transitions among the items, without a clip of the pool and with no properties: do
            # they say where they lie.
            "transition_frames": True,
            # Section 13: whether ui.Timer ever fires.
            "timer_fires": False,
            # Sections 3, 11: with a modal box open, which calls return False: "all" or "writes".
            "modal_blocks": "all",
            # Section 8 rule 7 says "OpenPage('edit') first"; that other pages place nothing is our guess.
            "append_pages": ("edit",),
            # Section 10, GAP C, Windows: a file once exported stays open and cannot be written again.
            "export_keeps_handle": False,
            # otio-interop section 3: 23.976 is "short" (23.976) or "exact" (24000/1001 as a float).
            "otio_rate": "short",
            # Not in the facts: does AddSubFolder make the new bin current, may a name stand twice.
            "add_subfolder_moves": True,
            "duplicate_folder": False,
        }
