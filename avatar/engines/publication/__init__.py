"""Engines that let a video leave."""
