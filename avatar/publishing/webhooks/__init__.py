"""Webhooks: signed deliveries of ledger events over HTTP, with retries.

The messages follow Standard Webhooks 1.0.0 (standardwebhooks.com). The ledger itself is the durable queue: what must be
told is read off its entries, so a process that dies loses nothing.
"""
