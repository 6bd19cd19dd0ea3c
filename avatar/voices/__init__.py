"""Pure tools for voices: text, phonemes, timings, adaptation."""
