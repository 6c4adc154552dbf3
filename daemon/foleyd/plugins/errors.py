"""Why a plugin could not be installed or removed."""

from __future__ import annotations

from foleyd.errors import FoleyError


class ProgramNotFound(FoleyError):
    """No editing program was found where the command looked, or where it was told to look."""

    code = "NOT_FOUND"
    reason = "PROGRAM_NOT_FOUND"


class ProgramUnusable(FoleyError):
    """The program is too old for the plugin, or did not do what it was asked to do."""

    code = "FAILED_PRECONDITION"
    reason = "PROGRAM_UNUSABLE"


class PluginForeign(FoleyError):
    """Something that is not foleyd's lies where the plugin belongs; it was left alone."""

    code = "ALREADY_EXISTS"
    reason = "PLUGIN_FOREIGN"


class PluginUnusable(FoleyError):
    """The plugin's sources are missing, or its files cannot be written or removed."""

    code = "FAILED_PRECONDITION"
    reason = "PLUGIN_UNUSABLE"
