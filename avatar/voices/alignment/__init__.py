"""Forced alignment of text and speech: short, letter-level and long-form; segmentation into lines."""
