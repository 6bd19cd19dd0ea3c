"""Which engine does which work, as strict YAML."""
