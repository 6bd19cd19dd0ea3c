"""Speech recognition: backends, features of its encoder, phonetic word matching."""
