"""Pure tools for frames, video files and sound."""
