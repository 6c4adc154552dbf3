"""Documents of other kinds to and from OpenTimelineIO, in the process of whoever asks, never in the daemon.

Formats that need a parser of somebody else's are read and written by a child process with limits: a
hostile file may bring it down, and costs one sentence.
"""
