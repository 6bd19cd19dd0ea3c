"""Sound: reading and writing, resampling, EBU R128 loudness, limiting, room tone."""
