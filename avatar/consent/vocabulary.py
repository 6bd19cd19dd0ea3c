"""Closed vocabularies of what can be agreed to. No wildcards: what is not listed in a grant is not agreed to."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

_SHA256 = r"[0-9a-f]{64}"

Digest = Annotated[str, Field(pattern=f"^{_SHA256}$")]
PersonId = Annotated[str, Field(pattern=r"^p-[0-9a-f]{16}$")]
PublicKey = Annotated[str, Field(pattern=f"^{_SHA256}$")]  # Ed25519, 32 bytes in hex
RecordId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]  # random: no two agreements are the same record
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]  # BCP 47: "en", "en-GB"
Territory = Annotated[str, Field(pattern=r"^([A-Z]{2}|001)$")]  # ISO 3166-1, or UN M.49 001: the whole world


class Purpose(StrEnum):
    """What a production is for, after the purposes of the W3C Data Privacy Vocabulary."""

    ADVERTISING = "advertising"
    MARKETING = "marketing"
    PRODUCT_DEMONSTRATION = "product-demonstration"
    CUSTOMER_SERVICE = "customer-service"
    INTERNAL_COMMUNICATION = "internal-communication"
    TRAINING = "training"  # of people; machines are a use of their own
    EDUCATION = "education"
    PUBLIC_INFORMATION = "public-information"
    NEWS = "news"
    ENTERTAINMENT = "entertainment"
    ACCESSIBILITY = "accessibility"
    RESEARCH = "research"
    POLITICAL_CAMPAIGN = "political-campaign"

    @property
    def commercial(self) -> bool:
        """Whether weights that are free for non-commercial work only must not be used for it. In doubt, yes."""
        return self is not Purpose.RESEARCH


class Channel(StrEnum):
    """Where a video is shown."""

    INTERNAL = "internal"
    WEBSITE = "website"
    APP = "app"
    EMAIL = "email"
    MESSAGING = "messaging"
    SOCIAL_MEDIA = "social-media"
    PAID_MEDIA = "paid-media"
    BROADCAST = "broadcast"
    EVENT = "event"


class Topic(StrEnum):
    """What a script can be about that people may not want to be heard saying."""

    POLITICS = "politics"
    RELIGION = "religion"
    SEXUAL = "sexual"
    VIOLENCE = "violence"
    HATE = "hate"
    GAMBLING = "gambling"
    ALCOHOL = "alcohol"
    TOBACCO = "tobacco"
    DRUGS = "drugs"
    WEAPONS = "weapons"
    MEDICAL_ADVICE = "medical-advice"
    FINANCIAL_ADVICE = "financial-advice"


def sorted_set(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return *values* if they are sorted and none comes twice: so that the same agreement has one spelling."""
    if list(values) != sorted(set(values)):
        raise ValueError("must be sorted, none twice")
    return values


def at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return *values* if there are any, sorted, none twice."""
    if not values:
        raise ValueError("must name at least one")
    return sorted_set(values)


Sorted = AfterValidator(sorted_set)
Some = AfterValidator(at_least_one)
