"""People: the directory, enrolment and agreements of one store, together."""

from dataclasses import dataclass

from avatar.people.agreements import Agreements
from avatar.people.enrolment import Enrolment


@dataclass(frozen=True)
class People(Enrolment, Agreements):
    """Everyone enrolled in a store: finds them, brings them in, and records what they agree to."""
