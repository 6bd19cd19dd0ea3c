"""The consent notice: what a person reads before they agree, in plain words."""

from avatar.consent.terms import Terms

NOTICE_VERSION = 1


def describe_uses(terms: Terms) -> tuple[str, ...]:
    """Return what each use of *terms* means, as the person would say it."""
    return tuple(use.text.notice for use in sorted(set(terms.uses)))


def render_notice(terms: Terms, organisation: str, companions: tuple[str, ...] = ()) -> str:
    """Return the notice on *terms*: who asks, for what, how far it goes, how long, and how to end it.

    *companions* are the names that the others go by here.
    """
    limits = [
        f"For: {', '.join(sorted(terms.purposes))}. Project: {terms.project}.",
        f"What it will be: {terms.description}",
        f"Languages: {', '.join(terms.languages)}. Channels: {', '.join(terms.channels)}. "
        f"Territories: {'the whole world' if '001' in terms.territories else ', '.join(terms.territories)}.",
        f"In the same picture or conversation with: {', '.join(companions) or 'nobody else'}.",
        f"At most {terms.max_outputs} videos, {terms.max_seconds} seconds in all.",
        *_on_scripts(terms),
        f"It lasts {terms.days} days" + (f" from {terms.start:%Y-%m-%d}." if terms.start else " from now."),
    ]
    if terms.reconfirm_days:
        limits.append(f"I am asked again every {terms.reconfirm_days} days; without an answer everything stops.")
    return "\n".join(
        [
            f"{organisation} asks for my agreement to:",
            *(f"- {use}" for use in describe_uses(terms)),
            *limits,
            "Nobody else gets this right. My recordings and everything made from them are kept encrypted under a key "
            "of my own, and destroyed with it when I ask.",
            "I can narrow this or take it back at any time, without a reason, and it takes effect at once: on my "
            "personal page, or by telling anyone at the organisation (avatar withdraw).",
        ]
    )


def _on_scripts(terms: Terms) -> list[str]:
    policy = terms.script
    said = []
    if policy.scripts:
        said.append(f"Only the {len(policy.scripts)} script(s) that I have read.")
    if policy.reviewed:
        said.append("A second person approves every script and every video first.")
    if policy.denied_topics:
        said.append(f"Never about: {', '.join(policy.denied_topics)}.")
    return said
