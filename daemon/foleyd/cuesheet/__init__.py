"""Cue sheets: read from TOML and CSV, written as CSV and as a page to look at."""
