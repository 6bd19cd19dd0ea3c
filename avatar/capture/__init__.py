"""Consent capture: a person says, live and in their own voice, what they agree to."""
