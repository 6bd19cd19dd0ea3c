"""What is drawn inside a face: eyes, lashes, glasses, the mouth and its interior."""
