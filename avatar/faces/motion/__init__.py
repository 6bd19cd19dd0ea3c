"""From speech to blendshapes: visemes, the mouth encoder, prosody, idle motion."""
