"""Imperceptible marks that say "made here" in the sound and in the picture, and how to find them again."""
