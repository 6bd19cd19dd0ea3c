"""Whatever people agree to, narrow and take back, in any order: nothing is made or published without a standing grant.

The model knows only this: a grant covers what a person had brought when they gave it, until it ends or is withdrawn.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from avatar.artifacts.artifact import VoiceSample
from avatar.consent import Use
from avatar.errors import ConsentError
from avatar.people.samples import CheckedSample
from avatar.stages.face import AnimateFace, SwapFace
from avatar.stages.registry import EngineSpec
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from avatar.testing.world import World
from tests.consent.reading import entries
from tests.examples import examples

PEOPLE = st.sampled_from(["ada", "bob"])
USES = st.sets(st.sampled_from(list(Use)), min_size=1, max_size=4)
KINDS = ("voice", "portrait", "footage")


@dataclass
class Agreed:
    """One grant, as the model remembers it."""

    uses: set[Use]
    samples: set[Any]
    start: datetime
    end: datetime


class Consent(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = tempfile.TemporaryDirectory()
        self.world = World(Path(self.room.name))
        self.agreed: dict[str, list[Agreed]] = {"ada": [], "bob": []}
        self.brought: dict[str, int] = {"ada": 0, "bob": 0}
        self.published = 0

    def teardown(self) -> None:
        self.room.cleanup()

    @initialize()
    def enrol(self) -> None:
        self.people = {alias: self.world.enroll(alias) for alias in ("ada", "bob")}
        for alias in self.people:
            self.agree(alias, set(Use), 0, 3)

    # -- what people do

    @rule(alias=PEOPLE, uses=USES, hours=st.integers(0, 30), days=st.integers(1, 3))
    def agree(self, alias: str, uses: set[Use], hours: int, days: int) -> None:
        start = self.world.now + timedelta(hours=hours)
        self.world.agree(self.people[alias], *sorted(uses), days=days, start=start)
        samples = {
            (kind, number) for kind in KINDS for number in range(self.brought[alias] + 1 if kind == "voice" else 1)
        }
        self.agreed[alias].append(Agreed(set(uses), samples, start, start + timedelta(days=days)))

    @rule(alias=PEOPLE)
    def agree_to_everything(self, alias: str) -> None:
        self.agree(alias, set(Use), 0, 2)

    @rule(alias=PEOPLE, uses=st.sets(st.sampled_from(list(Use)), min_size=1, max_size=2))
    def narrow(self, alias: str, uses: set[Use]) -> None:
        self.world.people.withdraw(self.people[alias], sorted(uses))
        for agreed in self.agreed[alias]:
            agreed.uses -= uses

    @rule(alias=PEOPLE)
    def withdraw(self, alias: str) -> None:
        self.world.people.withdraw(self.people[alias])
        self.agreed[alias] = []

    @rule(hours=st.integers(1, 20))
    def wait(self, hours: int) -> None:
        self.world.wait(hours=hours)

    @rule(alias=PEOPLE)
    def bring_another_voice(self, alias: str) -> None:
        if self.brought[alias] < 2:
            self.brought[alias] += 1
            self.world.people.enroll(alias, "synthetic", [partial(_voice, f"{alias} {self.brought[alias]}")])

    @rule()
    def come_back_tomorrow(self) -> None:
        """Another process, with nothing in memory."""
        self.world = World(Path(self.room.name), now=self.world.now)

    # -- what the studio does

    @rule(alias=PEOPLE)
    def speak(self, alias: str) -> None:
        self._attempt(self._speech, alias, needed=[(alias, Use.CLONE_VOICE, "voice")])

    @rule(alias=PEOPLE)
    def shoot(self, alias: str) -> None:
        needed = [(alias, Use.CLONE_VOICE, "voice"), (alias, Use.ANIMATE_FACE, "voice")]
        self._attempt(self._shot, alias, needed=[*needed, (alias, Use.ANIMATE_FACE, "portrait")])

    @rule(alias=PEOPLE, face=PEOPLE)
    def publish(self, alias: str, face: str) -> None:
        needed = [(alias, Use.CLONE_VOICE, "voice")]
        needed += [(alias, use, kind) for use in (Use.ANIMATE_FACE, Use.SWAP_FACE, Use.PUBLISH) for kind in KINDS[:2]]
        needed += [(face, use, "portrait") for use in (Use.SWAP_FACE, Use.PUBLISH)]
        if self._attempt(self._publication, alias, face, needed=needed):
            self.published += 1

    @invariant()
    def the_ledger_says_how_many_were_published(self) -> None:
        facts = [entry.fact for entry in entries(self.world.objects)]
        said = sum(fact.kind == "performed" and fact.request == "Publish" for fact in facts)
        assert said == self.published

    # -- the model

    def _allowed(self, alias: str, use: Use, kind: str) -> bool:
        sample = (kind, self.brought[alias] if kind == "voice" else 0)
        return any(
            use in agreed.uses and sample in agreed.samples and agreed.start <= self.world.now < agreed.end
            for agreed in self.agreed[alias]
        )

    def _attempt(self, make: Any, *who: str, needed: list[tuple[str, Use, str]]) -> bool:
        allowed = all(self._allowed(*claim) for claim in needed)
        try:
            make(*who)
        except ConsentError:
            assert not allowed
        else:
            assert allowed
        event(f"{make.__name__.strip('_')}: {'made' if allowed else 'refused'}")
        return allowed

    def _speech(self, alias: str) -> Any:
        perform = self.world.perform
        model = perform(LearnVoice(self.world.likeness(self.people[alias]).voice), EngineSpec("ear"))
        return perform(CloneVoice(model, "hello"), EngineSpec("beep"))

    def _footage(self, alias: str) -> tuple[Any, Any]:
        speech = self._speech(alias)
        animate = AnimateFace(self.world.likeness(self.people[alias]).portrait, speech)
        return self.world.perform(animate, EngineSpec("still")), speech

    def _shot(self, alias: str) -> Any:
        footage, speech = self._footage(alias)
        return self.world.perform(Render((footage,), speech), EngineSpec("reel"))

    def _publication(self, alias: str, face: str) -> Any:
        perform = self.world.perform
        footage, speech = self._footage(alias)
        swapped = perform(SwapFace(footage, self.world.likeness(self.people[face]).portrait), EngineSpec("tint"))
        video = perform(Assemble((perform(Render((swapped,), speech), EngineSpec("reel")),)), EngineSpec("splice"))
        return perform(Publish(video), EngineSpec("stamp"))


def _voice(sound: str, room: Path) -> CheckedSample:
    parts = {part: room / part for part in VoiceSample.parts}
    for path in parts.values():
        path.write_text(sound)
    return CheckedSample(VoiceSample, parts)


TestConsent = pytest.mark.slow(Consent.TestCase)
TestConsent.settings = settings(max_examples=examples(30), stateful_step_count=20)
