"""Engines that move a face to speech."""
