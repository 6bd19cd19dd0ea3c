"""Signal processing of speech: spectra, cepstra, pitch, dynamic time warping."""
