"""Display labels for uses, purposes, channels and languages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from avatar.consent.scope import Scope
from avatar.consent.terms import Terms
from avatar.consent.uses import Use
from avatar.consent.vocabulary import Channel, Purpose, Topic


@dataclass(frozen=True)
class DisplayLabel:
    """One line of a page: a *name*, what it means, and the *value* that a form sends for it."""

    name: str
    meaning: str = ""
    value: str = ""


_PURPOSES = {
    Purpose.ADVERTISING: "Advertising",
    Purpose.MARKETING: "Marketing",
    Purpose.PRODUCT_DEMONSTRATION: "Showing a product",
    Purpose.CUSTOMER_SERVICE: "Customer service",
    Purpose.INTERNAL_COMMUNICATION: "Communication inside the organisation",
    Purpose.TRAINING: "Training people",
    Purpose.EDUCATION: "Education",
    Purpose.PUBLIC_INFORMATION: "Public information",
    Purpose.NEWS: "News",
    Purpose.ENTERTAINMENT: "Entertainment",
    Purpose.ACCESSIBILITY: "Accessibility",
    Purpose.RESEARCH: "Research",
    Purpose.POLITICAL_CAMPAIGN: "A political campaign",
}
_CHANNELS = {
    Channel.INTERNAL: "Inside the organisation",
    Channel.WEBSITE: "Website",
    Channel.APP: "App",
    Channel.EMAIL: "E-mail",
    Channel.MESSAGING: "Messages",
    Channel.SOCIAL_MEDIA: "Social media",
    Channel.PAID_MEDIA: "Paid advertisements",
    Channel.BROADCAST: "Television and radio",
    Channel.EVENT: "Events",
}
_LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "pl": "Polish", "ja": "Japanese", "zh": "Chinese", "ar": "Arabic", "hi": "Hindi",
}  # fmt: skip


def use(value: Use) -> DisplayLabel:
    """Return what a *use* is called, and what it means."""
    return DisplayLabel(value.text.label, value.text.meaning, value)


def purpose(value: Purpose) -> str:
    """Return what a purpose is called."""
    return _PURPOSES[value]


def channel(value: Channel) -> str:
    """Return what a channel is called."""
    return _CHANNELS[value]


def language(tag: str) -> str:
    """Return what the language with the BCP 47 *tag* is called: "English (GB)" for "en-GB"."""
    base, _, region = tag.partition("-")
    name = _LANGUAGES.get(base, base)
    return f"{name} ({region})" if region else name


def day(moment: datetime) -> str:
    """Return the day of *moment* as people write it: 3 May 2026."""
    return f"{moment.day} {moment:%B %Y}"


def describe_terms(terms: Terms, companions: Iterable[str]) -> list[DisplayLabel]:
    """Return how far *terms* go, besides their uses; *companions* are the names they go by here."""
    return [
        DisplayLabel("What for", join_words(map(purpose, terms.purposes))),
        DisplayLabel("Project", terms.project),
        DisplayLabel("What it will be", terms.description),
        DisplayLabel("Where it is shown", join_words(map(channel, terms.channels))),
        *_extent(terms),
        DisplayLabel("With whom", join_words(companions) or "With nobody else in the same picture or conversation"),
        DisplayLabel("How long", _period(terms)),
        *_policy(terms),
    ]


def describe_scope(scope: Scope, companions: Iterable[str]) -> list[DisplayLabel]:
    """Return how far a recorded *scope* goes, besides its uses, purposes, channels and words."""
    return [*_extent(scope), DisplayLabel("With whom", join_words(companions) or "With nobody else"), *_policy(scope)]


def _extent(limits: Terms | Scope) -> list[DisplayLabel]:
    world = "001" in limits.territories
    hours = limits.max_seconds / 3600
    long = (
        f"{hours:g} hours" if hours >= 2 and limits.max_seconds % 3600 == 0 else f"{limits.max_seconds / 60:g} minutes"
    )
    return [
        DisplayLabel("Languages", join_words(map(language, limits.languages))),
        DisplayLabel("Countries", "The whole world" if world else join_words(limits.territories)),
        DisplayLabel("How much", f"At most {limits.max_outputs:,} videos, {long} in all"),
    ]


def _policy(limits: Terms | Scope) -> list[DisplayLabel]:
    policy, said = limits.script, []
    if policy.scripts:
        said.append(DisplayLabel("Scripts", "Only scripts that you have read"))
    if policy.reviewed:
        said.append(DisplayLabel("Second look", "A second person approves every script and every video first"))
    if policy.denied_topics:
        said.append(DisplayLabel("Never about", join_words(_topic(each) for each in policy.denied_topics)))
    return said


def _topic(topic: Topic) -> str:
    return topic.replace("-", " ")


def _period(terms: Terms) -> str:
    start = f"from {day(terms.start)}" if terms.start else "from the day you agree"
    again = f"; you are asked again every {terms.reconfirm_days} days, and without an answer everything stops"
    return f"{terms.days} days {start}{again if terms.reconfirm_days else ''}"


def join_words(words: Iterable[str]) -> str:
    """Return *words* as people list them: "a, b and c"."""
    *before, last = [*words] or [""]
    return f"{', '.join(before)} and {last}" if before else last


RIGHTS = (
    DisplayLabel("Who gets this", "This organisation and nobody else. It cannot pass your agreement on."),
    DisplayLabel(
        "Kept how",
        "Your recordings and all that is made from them are encrypted under a key of your own. When you ask to be "
        "erased, the key is destroyed and nothing of it can be read any more.",
    ),
    DisplayLabel(
        "Kept how long", "As long as you agree. What you agreed to and when stays on record, without your name."
    ),
    DisplayLabel(
        "Changing your mind",
        "Here, with a personal link or with your code and key, or by telling anyone at the organisation. It takes "
        "effect at once, needs no reason, and costs you nothing.",
    ),
)
