"""Engines that learn a voice."""
