"""Wav2Lip (Prajwal et al. 2020): from a face and speech, the same face saying it."""
