"""Terms: what a person is asked to agree to, before it is written down as a grant."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from avatar.consent import defaults
from avatar.consent.scope import Salted, Scope, ScriptPolicy
from avatar.consent.uses import Use
from avatar.consent.vocabulary import Channel, Purpose


@dataclass(frozen=True)
class Terms:
    """What is asked for. *companions* are person ids; *description* says in a sentence what the work will be.

    *days* from *start* (now, when there is none); *reconfirm_days* asks the person to say yes again so often.
    """

    uses: tuple[Use, ...]
    purposes: tuple[Purpose, ...]
    project: str
    description: str
    languages: tuple[str, ...] = defaults.LANGUAGES
    channels: tuple[Channel, ...] = tuple(map(Channel, defaults.CHANNELS))
    territories: tuple[str, ...] = defaults.TERRITORIES
    companions: tuple[str, ...] = ()
    script: ScriptPolicy = field(default_factory=ScriptPolicy)
    max_outputs: int = defaults.MAX_OUTPUTS
    max_seconds: int = defaults.MAX_SECONDS
    days: int = defaults.DAYS
    start: datetime | None = None
    reconfirm_days: int | None = None

    def scope(self, samples: tuple[str, ...]) -> Scope:
        """Return these terms as the scope of a grant on *samples* (sha256 of each sample)."""
        return Scope(
            uses=_spelled(self.uses),
            assets=_spelled(samples),
            purposes=_spelled(self.purposes),
            description=Salted.of(self.description),
            project=Salted.of(self.project),
            languages=_spelled(self.languages),
            channels=_spelled(self.channels),
            territories=_spelled(self.territories),
            companions=_spelled(self.companions),
            script=self.script,
            max_outputs=self.max_outputs,
            max_seconds=self.max_seconds,
        )

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """Return when the agreement begins and ends."""
        start = self.start or now
        return start, start + timedelta(days=self.days)


def _spelled(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
