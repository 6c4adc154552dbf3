"""The embedded engine: sees events, reads the prompt, synthesises both. A sketch, no weights."""
