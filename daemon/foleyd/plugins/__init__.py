"""The plugins of editing programs: built from their sources, put where the programs look, taken away again.

The sources travel in the wheel as data; an installed plugin finds the ``foley`` command by a record
in foleyd's config folder (:mod:`foleyd.plugins.record`).
"""
