"""Credentials: what they state, how they are signed, how they are verified."""
