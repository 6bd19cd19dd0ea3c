"""Animate a portrait: framing, speech animation, the mesh animator."""
