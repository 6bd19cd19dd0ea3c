"""Refine lips in footage by warping the mouth, and measure lip sync."""
