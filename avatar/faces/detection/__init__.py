"""Find faces, lay landmarks on them, follow them through frames, embed them."""
