"""Immutable material, its manifests, and the store that holds it."""
