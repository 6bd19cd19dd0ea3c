"""Engines that refine lips."""
