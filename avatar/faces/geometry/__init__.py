"""Mesh topology, blendshapes, the face rig, lips, eyelids: pure geometry of a face."""
