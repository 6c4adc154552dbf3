"""The selftest: one clip whose moments are known, what must hold of its sound, and a report to paste."""
