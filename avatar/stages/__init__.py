"""The requests, and the contract between requests and engines."""
