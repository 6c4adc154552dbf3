"""The foley command: parse, call, print."""
