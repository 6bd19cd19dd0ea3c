"""The files that someone brings for a person, checked as far as that goes without opening them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avatar.errors import InputError, InputFaults
from avatar.people import samples
from avatar.people.directory import check_alias
from avatar.people.enrolment import Prepare


@dataclass(frozen=True)
class GivenSamples:
    """An *alias*, and the files brought for them: what ``avatar enroll`` takes, by the names of its options."""

    alias: str
    portrait: Path | None = None
    voice: Path | None = None
    transcript: Path | None = None
    footage: Path | None = None
    voiceover: Path | None = None
    voiceover_transcript: Path | None = None

    def checks(self) -> list[Prepare]:
        """Return what takes each sample in.

        Raises:
            InputError: the alias is malformed, a file is missing, or nothing is brought; all of that is told at once.
        """
        faults = InputFaults()
        with faults.collect():
            check_alias(self.alias)
        for option, file in self.files().items():
            if not file.is_file():
                faults.errors.append(
                    InputError(f"{option} {str(file)!r}: there is no such file; give its path", code="file.missing")
                )
        if self.voiceover_transcript and not self.voiceover:
            faults.errors.append(
                InputError(
                    "--voiceover-transcript says what is in --voiceover; give --voiceover too",
                    code="person.no-voiceover",
                )
            )
        if self.transcript and not self.voice:
            faults.errors.append(
                InputError("--transcript says what is in --voice; give --voice too", code="person.no-voice")
            )
        if not (self.portrait or self.voice or self.footage or self.voiceover):
            faults.errors.append(
                InputError(
                    "nothing to enrol; give --portrait, --voice, --footage or --voiceover", code="person.no-samples"
                )
            )
        faults.raise_found()
        return self._taken()

    def _taken(self) -> list[Prepare]:
        taken: list[Prepare] = []
        if self.portrait:
            taken.append(partial(samples.check_portrait, self.portrait))
        if self.voice:
            taken.append(partial(samples.check_voice, self.voice, self.transcript))
        if self.footage:
            taken.append(partial(samples.check_footage, self.footage))
        if self.voiceover:
            taken.append(partial(samples.check_voiceover, self.voiceover, self.voiceover_transcript))
        return taken

    def files(self) -> dict[str, Path]:
        """Return the files that were given, by option."""
        named = {
            "--portrait": self.portrait,
            "--voice": self.voice,
            "--transcript": self.transcript,
            "--footage": self.footage,
            "--voiceover": self.voiceover,
            "--voiceover-transcript": self.voiceover_transcript,
        }
        return {option: file for option, file in named.items() if file}
