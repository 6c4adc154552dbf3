"""The edit: program, spotting, placement, and OpenTimelineIO. Never opens media."""
