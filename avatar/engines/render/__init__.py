"""Engines that cut and encode frames."""
