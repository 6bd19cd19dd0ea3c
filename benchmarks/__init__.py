"""What the product costs: each module is run as ``python -m benchmarks.NAME [--json FILE]``."""
