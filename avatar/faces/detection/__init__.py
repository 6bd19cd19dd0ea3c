"""Face detection, landmarks, tracking and embedding."""
