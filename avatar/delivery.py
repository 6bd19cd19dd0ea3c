"""From words to a production, and from a signed video to files in a folder."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from avatar.artifacts.artifact import SignedVideo, Video
from avatar.blueprint.load import load
from avatar.blueprint.schema import Blueprint
from avatar.compose import House
from avatar.consent.brief import Brief
from avatar.consent.entries import Refused
from avatar.consent.permission import require
from avatar.consent.roles import Role
from avatar.errors import CredentialError, InputError
from avatar.media.faceless import FACELESS
from avatar.production import Likeness, Production, foreseen
from avatar.provenance.verdict import Verdict
from avatar.registry import hint, languages_of
from avatar.rooms import private_room
from avatar.voices.glossary import Glossary
from avatar.voices.hearing import ENGLISH
from avatar.voices.script import Line, lines_of
from avatar.voices.variables import filled

BLUEPRINTS = Path(__file__).parents[1] / "blueprints"


@dataclass(frozen=True)
class Delivered:
    """The files of a delivery, and what a verifier says of the video."""

    folder: Path
    video: Path
    verdict: Verdict


def prepare(  # noqa: PLR0913 - what a production is made of
    house: House,
    blueprint: Blueprint,
    cast: Mapping[str, str],
    script: str,
    brief: Brief,
    *,
    values: Mapping[str, str] | None = None,
    glossary: Glossary | None = None,
) -> Production:
    """Return the production of *script* with *cast* (role -> alias) in *blueprint*, everything checked that can be.

    *brief* says what it is for; its script is filled in. *values* stand for each ``{name}`` in the script. *glossary*
    says how the project's words are pronounced: before the blueprint's, after each person's own.

    Raises:
        AvatarError: it cannot be made; the refusal is in the ledger.
    """
    try:
        text = filled(script, values or {})
        spoken = {**blueprint.glossary, **(glossary or {})}
        return _prepared(house, blueprint.model_copy(update={"glossary": spoken}), cast, text, brief)
    except InputError as error:  # what the gate refuses it has recorded itself
        house.ledger.append(Refused(code=error.code, request="Production"))
        raise


def _prepared(house: House, blueprint: Blueprint, cast: Mapping[str, str], script: str, brief: Brief) -> Production:
    people = house.people
    everyone = {role: people.find(alias) for role, alias in cast.items()}
    likenesses = {
        role: replace(people.likeness(person), glossary=house.pronunciations.of(person.id))
        for role, person in everyone.items()
    }
    lines = _recorded(house, blueprint, likenesses, script) if blueprint.speech == "recorded" else lines_of(script)
    production = Production(blueprint, likenesses, lines, brief)
    # What the cast lacks, and who has not agreed, is said now and not after minutes of work.
    will = foreseen(production)
    house.studio.gate.foresee(will.uses, production.asks, will.shown)
    _refuse_unspoken(house, blueprint, brief)
    return production


def _recorded(house: House, blueprint: Blueprint, cast: Mapping[str, Likeness], script: str) -> tuple[Line, ...]:
    """Return what is said in the voice-over of whoever speaks: that is the script."""
    if script.strip():
        raise InputError(
            f"script: blueprint {blueprint.name!r} plays a recording, and what is said in it is the script; leave it "
            "out, or record another one (avatar enroll --voiceover)",
            code="script.recorded",
        )
    voiceover = cast.get(blueprint.speakers[0], Likeness()).voiceover
    if voiceover is None:
        raise InputError(
            f"cast: whoever plays {blueprint.speakers[0]!r} has no voiceover; enrol one (avatar enroll --voiceover "
            "FILE), and cast them",
            code="cast.no-voiceover",
        )
    with private_room() as room:
        said = house.store.fetch(voiceover, "transcript.txt", room / "transcript.txt").read_text(encoding="utf-8")
    return tuple(Line(None, text) for text in said.splitlines())


def _refuse_unspoken(house: House, blueprint: Blueprint, brief: Brief) -> None:
    if blueprint.speech == "recorded":
        _refuse_unheard(brief)
        return
    choice = blueprint.voice.choice
    spoken = languages_of(house.studio.build(choice))
    for language in brief.languages:
        if language.partition("-")[0] not in {each.partition("-")[0] for each in spoken}:
            raise InputError(
                f"--language {language!r}: voice engine {choice.engine!r} speaks {', '.join(spoken)}; name an engine "
                "that speaks it in the blueprint, or set its option 'language' (avatar engines)",
                code="language.not-spoken",
            )


def _refuse_unheard(brief: Brief) -> None:
    for language in brief.languages:
        if language.partition("-")[0] != ENGLISH:
            raise InputError(
                f"--language {language!r}: voice-overs are followed in English only; leave --language out",
                code="language.not-spoken",
            )


def cast_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return the cast (role -> alias) that *pairs* like ``presenter=ada`` spell."""
    cast = {}
    for pair in pairs:
        role, equals, alias = pair.partition("=")
        if not (role and equals and alias):
            raise InputError(f"--cast {pair!r}: write role=alias, like presenter=ada", code="cast.malformed")
        cast[role] = alias
    return cast


def script_in(path: Path) -> str:
    """Return the script in the text file *path*."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--script {path}: cannot be read as UTF-8 text", code="script.unreadable") from error


def blueprint_named(name: str, folder: Path = BLUEPRINTS) -> Blueprint:
    """Return the blueprint *name*: the path of a YAML file, or the name of one in *folder*."""
    if name.endswith((".yaml", ".yml")):
        return load(Path(name))
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise InputError(
            f"blueprint: there is no {name!r}{hint(name, known)}; known: {', '.join(known) or 'none'}; "
            "or give the path of a .yaml file",
            code="blueprint.missing",
        )
    return load(folder / f"{name}.yaml")


def deliver(house: House, signed: SignedVideo, to: Path) -> Delivered:
    """Write the files of *signed* into the folder *to*, with a contact sheet and the ledger's proof of publication.

    The video is verified before it gets its name. Each file is written beside its place and then renamed, so a reader
    never sees half of one.

    Raises:
        CredentialError: the video does not verify, so nothing is delivered.
    """
    from avatar.media.contact import contact_sheet

    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to, prefix=".") as beside:
        parts = house.store.manifest(signed.digest).parts
        drafts = {part: house.store.fetch(signed, part, Path(beside) / part) for part in parts}
        video = drafts[SignedVideo.parts[0]]
        verdict = house.verify(video)
        if verdict.entry is None or not verdict.trusted:
            reasons = "; ".join(reason.sentence for reason in verdict.reasons)
            raise CredentialError(f"the video does not verify: {reasons}", code="credential.not-verified")
        contact_sheet(video, Path(beside) / "contact-sheet.png")
        (Path(beside) / "ledger-proof.txt").write_text(house.prove(verdict.entry.index))
        for draft in Path(beside).iterdir():
            draft.replace(to / draft.name)
    if FACELESS not in parts:
        (to / FACELESS).unlink(missing_ok=True)  # of the video that was delivered here before
    return Delivered(to, to / video.name, verdict)


def review_of(house: House, video: str, to: Path) -> Path:
    """Write what someone who approves looks at into the folder *to*: stills and words of the unsigned *video*.

    The video itself stays in the store until it is approved and signed.
    """
    from avatar.media.contact import contact_sheet

    require(house.ledger, Role.APPROVE, "Approve")
    unsigned = Video(video)
    if video not in house.ledger.read().made or house.store.manifest(video).kind != Video.__name__:
        raise InputError(f"video {video[:12]!r}: no video of that name was made here", code="approval.unknown")
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to, prefix=".") as beside:
        film = house.store.fetch(unsigned, Video.parts[0], Path(beside) / "video.mp4")
        contact_sheet(film, Path(beside) / "contact-sheet.png")
        house.store.fetch(unsigned, "captions.vtt", Path(beside) / "captions.vtt")
        for name in ("contact-sheet.png", "captions.vtt"):
            (Path(beside) / name).replace(to / name)
    return to


def write_report(to: Path, report: Mapping[str, Any]) -> None:
    """Write *report* as JSON to the file *to*."""
    write_text(to, json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def write_text(to: Path, text: str) -> None:
    """Write *text* to the file *to*, all of it or nothing."""
    draft = to.with_name(f".{uuid4().hex}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(to)
