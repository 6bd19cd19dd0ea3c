"""A blueprint filled in with a cast and a script, and the story that makes it a signed video."""
