"""Text of a script: SSML, glossary, normalisation, grapheme-to-phoneme, word timings."""
