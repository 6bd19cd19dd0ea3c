"""Defaults of what a person is asked to agree to: one place for terms, command line and forms; it imports nothing."""

LANGUAGES = ("en",)
CHANNELS = ("internal",)
TERRITORIES = ("001",)  # the whole world
MAX_OUTPUTS = 100  # published videos
MAX_SECONDS = 36_000  # of published video, all together
DAYS = 365  # how long an agreement lasts
