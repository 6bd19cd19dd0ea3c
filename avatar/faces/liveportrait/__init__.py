"""LivePortrait (Guo et al. 2024): a portrait moved by 21 points that a network finds in it, drawn anew by another."""
