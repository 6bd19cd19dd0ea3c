"""The base text-to-speech voice: spectra and timings from text."""
