"""Worker processes that perform requests in parallel, each with its own studio."""
