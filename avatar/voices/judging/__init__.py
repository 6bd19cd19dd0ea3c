"""Takes and samples, measured: speaker embeddings, quality, the take gate, post-processing."""
