"""Telling other systems, over HTTP, what the ledger recorded: signed, retried, and given up only in the open.

The messages follow Standard Webhooks 1.0.0 (standardwebhooks.com). The ledger itself is the durable queue: what must be
told is read off its entries, so a process that dies loses nothing.
"""
