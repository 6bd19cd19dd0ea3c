"""Voice guard: by speaker embeddings, is this the voice of somebody else who is enrolled and guards it?

Only people who agreed to ``guard-voice`` are compared with; where nobody did, nobody is listened to. A print of a
sample or of a remembered take is made when it is first needed, kept sealed under its person's key, and forgotten when
what they agreed to gets smaller.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from avatar.artifacts.artifact import Artifact, Speech, VoiceModel, VoiceSample
from avatar.artifacts.objects import Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Label, Vault
from avatar.consent.decide import agreed_to
from avatar.consent.ledger import Ledger, now
from avatar.consent.uses import Use
from avatar.errors import EngineError, InputError, StoreError
from avatar.runtime.workdir import private_tempdir
from avatar.stages.request import Parts, Request
from avatar.voices.judging.speaker_embedding import SAME_SPEAKER_SIMILARITY, SpeakerEmbedding

EmbedVoice = Callable[[Path], SpeakerEmbedding | None]


def embed_voice(sound: Path) -> SpeakerEmbedding | None:
    """Return the voice in the file *sound*, or ``None`` where hardly anybody speaks."""
    from avatar.media.audio.io import read_sound
    from avatar.models.weights import locate
    from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders

    encoders = open_speaker_encoders(locate(GE2E), locate(DVECTOR))
    try:
        return encoders.print_of(*read_sound(sound))
    except InputError:
        return None


@dataclass(frozen=True)
class VoiceGuard:
    """Compares voices with those of everyone enrolled in a store who agreed to that."""

    objects: Objects
    store: Store
    vault: Vault
    ledger: Ledger
    listen: EmbedVoice = embed_voice
    clock: Callable[[], datetime] = now
    _known: dict[str, SpeakerEmbedding | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def refuse_sample(self, sound: Path, own: Collection[str]) -> None:
        """Refuse the sample in the file *sound* when it is in the voice of somebody who is not one of *own*.

        Raises:
            InputError: ``voice.someone-else``.
        """
        self._refuse_voice(lambda: self.listen(sound), own)

    def refuse_learning(self, request: Request[Any]) -> None:
        """Refuse to learn a voice as ``refuse_sample`` does: who guards theirs may have come after the sample did."""
        if request.learned_sample:
            sample = request.learned_sample.digest
            self._refuse_voice(lambda: self._print(sample), self.store.manifest(sample).people)

    def _refuse_voice(self, heard: Callable[[], SpeakerEmbedding | None], own: Collection[str]) -> None:
        guarded = self._guarded(own)
        voice = heard() if guarded else None
        if voice and _nearest(voice, self._prints(guarded)) >= SAME_SPEAKER_SIMILARITY:
            raise InputError(
                "voice sample: it is the voice of somebody who is enrolled here and guards it; if that is the same "
                "person, bring it under the name they have here; two people who sound alike need a store each "
                "(AVATAR_STORE)",
                code="voice.someone-else",
            )

    def refuse_made(self, request: Request[Any], parts: Parts) -> None:
        """Refuse the *parts* that were made when they are speech more like somebody else than like its person.

        They are listened to here, whatever the engine says of them.

        Raises:
            EngineError: ``take.someone-else``.
        """
        if request.spoken_voice:
            self._refuse_take(request.spoken_voice, lambda: self.listen(parts[Speech.parts[0]]))

    def refuse_recalled(self, request: Request[Any], made: Artifact) -> None:
        """Refuse a remembered take as ``refuse_made`` does a new one: somebody may have come since."""
        if request.spoken_voice:
            self._refuse_take(request.spoken_voice, lambda: self._print(made.digest))

    def _refuse_take(self, model: VoiceModel, heard: Callable[[], SpeakerEmbedding | None]) -> None:
        ancestry = self.store.ancestry(model.digest)
        samples = [digest for digest, each in ancestry.items() if each.kind == VoiceSample.kind and each.work is None]
        guarded = self._guarded({person for each in ancestry.values() for person in each.people})
        voice = heard() if guarded else None
        if voice is None:
            return
        own, other = _nearest(voice, self._prints(samples)), _nearest(voice, self._prints(guarded))
        if other > own:
            raise EngineError(
                f"the take is more like somebody else enrolled here ({other / 2:.2f}) than like the person in whose "
                f"voice it is ({own / 2:.2f}); bring a longer and cleaner voice sample of this person, "
                "or choose another engine",
                code="take.someone-else",
            )

    def forget(self, person: str) -> None:
        """Remove every print of *person*'s voice; those that they still agree to are made again when needed."""
        for key in list(self.objects.list(_folder(person))):
            self.objects.delete(key)
            self._known.pop(key.rsplit("/", 1)[-1], None)

    def sweep(self) -> None:
        """Remove the prints of what is not kept any more, and of everyone whose agreements for their voice ran out."""
        at, state = self.clock(), self.ledger.read()
        wanted = {id for use in (Use.GUARD_VOICE, Use.CLONE_VOICE) for id in agreed_to(use, state, at)}
        for person in state.people:
            for key in list(self.objects.list(_folder(person))):
                digest = key.rsplit("/", 1)[-1]
                if person not in wanted or self.objects.start(f"manifests/{digest}", 1) is None:
                    self.objects.delete(key)
                    self._known.pop(digest, None)

    def _guarded(self, own: Collection[str]) -> list[str]:
        """Return the voice samples of everyone else who agreed that others are compared with them."""
        agreed = agreed_to(Use.GUARD_VOICE, self.ledger.read(), self.clock())
        everyone = sorted(sample for person, samples in agreed.items() if person not in own for sample in samples)
        return [sample for sample in everyone if self.store.manifest(sample).kind == VoiceSample.kind]

    def _prints(self, samples: Iterable[str]) -> list[SpeakerEmbedding]:
        return [voice for sample in samples if (voice := self._print(sample))]

    def _print(self, digest: str) -> SpeakerEmbedding | None:
        """Return the print of the sample or speech *digest*: remembered, kept, or made now."""
        if digest not in self._known:
            self._known[digest] = self._kept(digest) or self._made(digest)
        return self._known[digest]

    def _kept(self, digest: str) -> SpeakerEmbedding | None:
        people = self.store.manifest(digest).people
        sealed = self.objects.read(f"{_folder(people[0])}/{digest}")
        return SpeakerEmbedding.of(self.vault.open(sealed, _label(people, digest))) if sealed else None

    def _made(self, digest: str) -> SpeakerEmbedding | None:
        people = self.store.manifest(digest).people
        with private_tempdir() as room:
            try:
                # A sample's sound and a speech's are called the same.
                voice = self.listen(self.store.fetch(VoiceSample(digest), VoiceSample.parts[0], room / "sound.wav"))
            except StoreError as error:
                if error.code != "store.missing":  # what was kept long enough is gone: there is nothing to compare with
                    raise
                return None
        if voice:
            sealed = self.vault.seal(voice.as_bytes(), _label(people, digest))
            self.objects.create(f"{_folder(people[0])}/{digest}", sealed)
        return voice


def _nearest(voice: SpeakerEmbedding, others: Iterable[SpeakerEmbedding]) -> float:
    """Return the sum of both likenesses to whoever of the *others* is the most alike."""
    return max((sum(voice.likeness(other)) for other in others), default=0.0)


def _folder(person: str) -> str:
    return f"people/{person}/voiceprints"


def _label(people: tuple[str, ...], sample: str) -> Label:
    return Label("voiceprint", people, sample)
