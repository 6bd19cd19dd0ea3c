"""Swap a face by its mesh: source face, compositing, occlusion."""
