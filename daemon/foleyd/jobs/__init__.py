"""Requests on their way through the daemon: ledger, queue, device slots."""
