"""Engines that join shots into a video."""
