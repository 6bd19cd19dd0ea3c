"""Plumbing that knows nothing of avatars: devices, threads, supervised work, private folders, atomic files."""
