"""The gateway for untrusted files: sniffed, decoded in a sandbox, sanitised or transcoded."""
