"""Warp fields, triangle rasteriser, masks, colour transfer: pixels of a mesh."""
