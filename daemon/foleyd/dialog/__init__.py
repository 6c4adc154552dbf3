"""The window of plugins whose host has none for them: ``foley dialog``.

It shows what it is told to and says what the editor answered; it knows nothing of sound, keeps nothing,
and talks to nobody but the process that started it.
"""
