"""Scripts that uv runs, each in the environment that its head declares (PEP 723)."""
