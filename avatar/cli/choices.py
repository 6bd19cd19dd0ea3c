"""The closed vocabularies that options take, spelled out: so that ``--help`` loads nothing heavy.

A test holds them equal to those of ``avatar.consent``.
"""

USES = ("clone-voice", "animate-face", "swap-face", "refine-lips", "publish", "train", "guard-voice")
PURPOSES = (
    "advertising",
    "marketing",
    "product-demonstration",
    "customer-service",
    "internal-communication",
    "training",
    "education",
    "public-information",
    "news",
    "entertainment",
    "accessibility",
    "research",
    "political-campaign",
)
CHANNELS = ("internal", "website", "app", "email", "messaging", "social-media", "paid-media", "broadcast", "event")
TOPICS = (
    "politics",
    "religion",
    "sexual",
    "violence",
    "hate",
    "gambling",
    "alcohol",
    "tobacco",
    "drugs",
    "weapons",
    "medical-advice",
    "financial-advice",
)
ROLES = ("enroll", "grant", "produce", "approve", "publish", "audit", "erase", "appoint")
