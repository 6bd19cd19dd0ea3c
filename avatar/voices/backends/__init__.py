"""Public speech models: coqui-tts, voice conversion, models in isolated environments."""
