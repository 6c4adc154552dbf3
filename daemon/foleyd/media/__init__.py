"""Files of picture and sound: probe, decode, conform, write. Never sees a prompt."""
