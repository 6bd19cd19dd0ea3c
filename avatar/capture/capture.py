"""Capture consent: issue a challenge, check the recording, record the grant or hold it for review."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from avatar.artifacts.artifact import Artifact, GivenFootage, Portrait, Voiceover, VoiceSample
from avatar.canonical import digest_of_file
from avatar.capture.challenge import Challenge
from avatar.capture.challenge_store import ChallengeStore
from avatar.capture.checks import CheckVerdict, judge_measurements, worst
from avatar.capture.measurements import Analyzer, Measurements
from avatar.capture.outcome import ChallengeState, Outcome, RecordingTaken, Reviewed
from avatar.capture.statement import RECOGNISED_LANGUAGE, language_of, statement_template
from avatar.consent.entries import Refused, Requested
from avatar.consent.evidence import Captured
from avatar.consent.notice import render_notice
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.consent.terms import Terms
from avatar.errors import ConsentError, InputError
from avatar.media.audio.io import duration_of
from avatar.media.ingest.gateway import ingest_recording
from avatar.people.directory import Person
from avatar.people.people import People
from avatar.runtime.workdir import private_tempdir

_REQUEST_NAME = "RecordConsent"


@dataclass(frozen=True)
class Capture:
    """Everything about recorded agreements in one context."""

    people: People
    analyzer: Analyzer

    @property
    def challenge_store(self) -> ChallengeStore:
        return ChallengeStore(self.people.objects, self.people.vault)

    def ask(self, person: Person, terms: Terms, *, locale: str = "en-GB") -> Challenge:
        """Ask *person* to agree to *terms*: draw passcode words, and keep the challenge for half an hour.

        Raises:
            AvatarError: as ``foresee``.
        """
        self.foresee(person, terms, locale=locale)
        ledger, said = self.people.ledger, statement_template(locale)
        passcode = said.passcode()
        challenge = Challenge(
            nonce=token_hex(16),
            person=person.id,
            terms=terms,
            locale=locale,
            statement=said.statement(self.people.organisation, terms.uses, passcode),
            passcode=passcode,
            asked_by=ledger.operator,
            asked_at=self.people.clock(),
            after=ledger.read().index,
        )
        self.challenge_store.ask(challenge)
        ledger.append(Requested(person=person.id, challenge=challenge.id))
        return challenge

    def foresee(self, person: Person, terms: Terms, *, locale: str) -> None:
        """Refuse now what could not be asked of *person* later, or would come to nothing when they have spoken.

        Raises:
            InputError: there is no statement in that language, or nothing of theirs to agree about.
            RoleError: whoever acts here may not ask.
        """
        require_role(self.people.ledger, Role.GRANT, _REQUEST_NAME)
        statement_template(locale)
        if person.capacity == "estate":
            raise InputError(
                f"{person.id} is represented by their estate: their voice cannot be recorded any more; record a signed "
                "paper instead (avatar grant)",
                code="capture.estate",
            )
        terms.scope(tuple(self.people.ledger.read().people[person.id].samples))

    def find(self, start: str) -> Challenge:
        """Return the challenge whose id begins with *start*.

        Raises:
            InputError: ``capture.unknown``.
        """
        return self.challenge_store.find(start)

    def notice(self, challenge: Challenge) -> str:
        """Return what the person is shown before they speak: who asks for what, how far it goes, how to end it."""
        called = tuple(self.people.find(id).alias for id in challenge.terms.companions)
        return render_notice(challenge.terms, self.people.organisation, called)

    def challenges(self, person: Person) -> tuple[Challenge, ...]:
        """Return everything *person* was asked, the newest first."""
        return self.challenge_store.of(person.id)

    def standing(self, challenge: Challenge) -> ChallengeState:
        """Return how far *challenge* has come."""
        reviewed = self.reviewed(challenge)
        if reviewed:
            return ChallengeState.GRANTED if reviewed.accepted else ChallengeState.REFUSED
        outcome = self.outcome(challenge)
        if outcome:
            return outcome.standing
        if self._taken(challenge):
            return ChallengeState.BROKEN_OFF
        return ChallengeState.EXPIRED if self.people.clock() >= challenge.expires_at else ChallengeState.OPEN

    def outcome(self, challenge: Challenge) -> Outcome | None:
        """Return what the checks found, once a recording was taken."""
        return self.challenge_store.get(challenge.person, challenge.id, "outcome", Outcome)

    def reviewed(self, challenge: Challenge) -> Reviewed | None:
        """Return what a second operator decided, if one was needed and did."""
        return self.challenge_store.get(challenge.person, challenge.id, "reviewed", Reviewed)

    def take(self, challenge_id: str, file: Path) -> Outcome:
        """Take the recording *file* for a challenge, check it, and grant, hold or refuse what was asked.

        A challenge takes one recording, whatever comes of it. Raises:

            ConsentError: it was answered before, is over, or the person has withdrawn since: it is recorded.
            InputError: there is no such challenge, or the file cannot be read (then it still stands).
        """
        require_role(self.people.ledger, Role.GRANT, _REQUEST_NAME)
        challenge = self.challenge_store.find(challenge_id)
        self._refuse_unless_open(challenge)
        with private_tempdir() as room:
            recording = ingest_recording(file, room)
            sound, film = recording.sound, recording.pictures
            taken = RecordingTaken(
                by=self.people.ledger.operator,
                at=self.people.clock(),
                sound=digest_of_file(sound),
                film=digest_of_file(film) if film else None,
            )
            # The store decides who was first; from here on this challenge is spent.
            if not self.challenge_store.put(challenge.person, challenge.id, "taken", taken):
                raise self._refusal(challenge, "capture.used", "it was answered before; ask again")
            self._keep(challenge, sound, film)
            return self._decide(challenge, taken, self._read(challenge, sound, film, room))

    def review(self, challenge_id: str, *, accept: bool) -> Outcome:
        """Decide a held recording as a second person: *accept* what was asked, or refuse it.

        Raises:
            ConsentError: it is not held, the same operator took it, or things have changed since: it is recorded.
        """
        ledger = self.people.ledger
        require_role(ledger, Role.GRANT, _REQUEST_NAME)
        challenge = self.challenge_store.find(challenge_id)
        outcome, taken = self.outcome(challenge), self._taken(challenge)
        if outcome is None or taken is None or self.standing(challenge) is not ChallengeState.HELD:
            raise self._refusal(challenge, "capture.not-held", "it is not waiting for a review")
        if ledger.operator in (taken.by, challenge.asked_by):
            raise self._refusal(
                challenge, "capture.same-operator", "whoever asked or recorded may not review; a second person must"
            )
        if accept:
            self._refuse_if_changed(challenge, outcome)
        said = Reviewed(by=ledger.operator, at=self.people.clock(), accepted=accept)
        if not self.challenge_store.put(challenge.person, challenge.id, "reviewed", said):
            raise self._refusal(challenge, "capture.not-held", "someone else reviewed it a moment ago")
        if not accept:
            self._enter_refusal(challenge, ("capture.reviewed",))
            return outcome.model_copy(update={"standing": ChallengeState.REFUSED})
        grant = self._grant(challenge, taken, outcome, (ledger.operator,))
        return outcome.model_copy(update={"standing": ChallengeState.GRANTED, "grant": grant})

    def recording(self, challenge_id: str, to: Path) -> tuple[Path, ...]:
        """Write the recording that was taken for a challenge into the folder *to*, for someone to look at."""
        challenge = self.challenge_store.find(challenge_id)
        taken = self._taken(challenge)
        if taken is None:
            raise InputError(f"nothing was recorded for challenge {challenge.id[:12]}", code="capture.no-recording")
        parts = {"sound.wav": taken.sound} | ({"pictures.mp4": taken.film} if taken.film else {})
        return tuple(
            self.challenge_store.get_file(challenge.person, challenge.id, name, digest, to / name)
            for name, digest in parts.items()
        )

    def _taken(self, challenge: Challenge) -> RecordingTaken | None:
        return self.challenge_store.get(challenge.person, challenge.id, "taken", RecordingTaken)

    def _refuse_unless_open(self, challenge: Challenge) -> None:
        if self._taken(challenge):
            raise self._refusal(challenge, "capture.used", "it was answered before; ask again")
        if self.people.clock() >= challenge.expires_at:
            raise self._refusal(challenge, "capture.expired", "it was open for half an hour; ask again")
        self._refuse_if_withdrawn(challenge)

    def _refuse_if_withdrawn(self, challenge: Challenge) -> None:
        withdrawn = self.people.ledger.read().people[challenge.person].withdrawn
        if withdrawn is not None and withdrawn > challenge.after:
            raise self._refusal(challenge, "capture.withdrawn", "the person has withdrawn since; ask again")

    def _refuse_if_changed(self, challenge: Challenge, outcome: Outcome) -> None:
        self._refuse_if_withdrawn(challenge)
        if set(self.people.ledger.read().people[challenge.person].samples) != set(outcome.assets):
            raise self._refusal(
                challenge, "capture.samples-changed", "samples came since that it was not compared with; ask again"
            )

    def _keep(self, challenge: Challenge, sound: Path, film: Path | None) -> None:
        for file in (sound, *([film] if film else [])):
            self.challenge_store.put_file(challenge.person, challenge.id, file.name, file)

    def _read(self, challenge: Challenge, sound: Path, film: Path | None, room: Path) -> Measurements:
        """Listen to and look at the recording, and compare it with everything the person brought."""
        samples, pictures = self._voices(challenge.person, room), self._pictures(challenge.person, room)
        heard = language_of(challenge.locale) == RECOGNISED_LANGUAGE
        words = self.analyzer.hear(sound) if heard else ()
        return Measurements(
            seconds=duration_of(sound),
            before=self._came_before(challenge, sound),
            words=words,
            voices=self.analyzer.voices(sound, samples, words) if samples else None,
            faces=self.analyzer.faces(film, sound, pictures) if film else None,
            pictures=len(pictures),
            mark=self.analyzer.mark(sound),
        )

    def _came_before(self, challenge: Challenge, sound: Path) -> bool:
        digest = digest_of_file(sound)
        if digest in self.people.ledger.read().people[challenge.person].samples:
            return True  # a sample that they brought says what it always said
        # Under a name that says nothing: whoever has the same file cannot find out that it was once here.
        name = f"recordings/{self.people.ledger.pseudonym(digest)}"
        return not self.people.objects.create(name, challenge.id.encode())

    def _brought(self, person: str, kind: type[Artifact], room: Path) -> list[Path]:
        """Write every sample of this *kind* that *person* brought into *room*."""
        part, store = kind.parts[0], self.people.store
        ours = [
            manifest
            for manifest in self.people.ledger.read().people[person].samples.values()
            if store.manifest(manifest).kind == kind.kind
        ]
        return [store.fetch(kind(digest), part, room / f"{digest}-{part}") for digest in ours]

    def _voices(self, person: str, room: Path) -> list[Path]:
        """Return every voice sample and every voice-over of *person*."""
        return self._brought(person, VoiceSample, room) + self._brought(person, Voiceover, room)

    def _pictures(self, person: str, room: Path) -> list[Path]:
        """Return every portrait and every footage of *person*."""
        return self._brought(person, Portrait, room) + self._brought(person, GivenFootage, room)

    def _decide(self, challenge: Challenge, taken: RecordingTaken, readings: Measurements) -> Outcome:
        findings = judge_measurements(challenge, readings, self.analyzer.models)
        standing = _STATE_BY_VERDICT[worst(findings)]
        samples = tuple(sorted(self.people.ledger.read().people[challenge.person].samples))
        outcome = Outcome(challenge=challenge.id, standing=standing, findings=findings, assets=samples)
        if standing is ChallengeState.GRANTED:
            self._refuse_if_withdrawn(challenge)
            outcome = outcome.model_copy(update={"grant": self._grant(challenge, taken, outcome)})
        else:
            self._enter_refusal(challenge, outcome.codes)
        self.challenge_store.put(challenge.person, challenge.id, "outcome", outcome)
        return outcome

    def _grant(
        self, challenge: Challenge, taken: RecordingTaken, outcome: Outcome, reviewers: tuple[str, ...] = ()
    ) -> str:
        evidence = Captured(
            statement=challenge.statement_digest,
            locale=challenge.locale,
            challenge=challenge.id,
            challenged_at=challenge.asked_at,
            expired_at=challenge.expires_at,
            recording=taken.film or taken.sound,
            checks=tuple(finding.check for finding in outcome.findings),
            reviewers=reviewers,
        )
        person = self.people.find(challenge.person)
        return self.people.agree(person, challenge.terms, evidence=evidence).digest

    def _refusal(self, challenge: Challenge, code: str, why: str) -> ConsentError:
        self._enter_refusal(challenge, (code,))
        return ConsentError(f"challenge {challenge.id[:12]} of {challenge.person}: {why} (avatar consent)", code=code)

    def _enter_refusal(self, challenge: Challenge, codes: Sequence[str]) -> None:
        for code in codes:
            self.people.ledger.append(Refused(code=code, request=_REQUEST_NAME, people=(challenge.person,)))


_STATE_BY_VERDICT: dict[CheckVerdict, ChallengeState] = {
    "passed": ChallengeState.GRANTED,
    "unsure": ChallengeState.HELD,
    "failed": ChallengeState.REFUSED,
}
