"""Engines that swap faces."""
