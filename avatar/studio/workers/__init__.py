"""Processes that make requests side by side, each with a studio of its own."""
