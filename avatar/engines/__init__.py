"""Ways to do the work: one file an engine, one line in pyproject.toml."""
