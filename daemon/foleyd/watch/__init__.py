"""The watch folder: what is dropped into a folder gets its sound beside it.

A client of the daemon like any other: it finds out what to ask for, asks, and puts what comes back into its
place. It opens no media.
"""
