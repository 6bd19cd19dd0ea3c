"""Prepare a production from what a user gave, and deliver the signed video into a folder."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from avatar.app.context import AppContext
from avatar.app.resources import BLUEPRINTS
from avatar.artifacts.artifact import FACE_GAPS, SignedVideo, Video
from avatar.consent.brief import Brief
from avatar.consent.entries import Refused
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.errors import CredentialError, InputError, InputFaults
from avatar.people.directory import Person
from avatar.production.blueprint.load import load
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import CastMember, Production, dry_run
from avatar.provenance.verdict import Verdict
from avatar.runtime.atomic import move, write_text
from avatar.runtime.spelling import did_you_mean
from avatar.runtime.workdir import private_tempdir
from avatar.stages.registry import languages_of
from avatar.voices.recognition.asr_backend import ENGLISH
from avatar.voices.text.glossary import Glossary
from avatar.voices.text.script import Line, split_script
from avatar.voices.text.variables import fill_variables


@dataclass(frozen=True)
class Delivered:
    """The files of a delivery, and what a verifier says of the video."""

    folder: Path
    video: Path
    verdict: Verdict


def prepare(  # noqa: PLR0913 - what a production is made of
    context: AppContext,
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
        text = fill_variables(script, values or {})
        spoken = {**blueprint.glossary, **(glossary or {})}
        return _prepared(context, blueprint.model_copy(update={"glossary": spoken}), cast, text, brief)
    except InputError as error:  # what the gate refuses it has recorded itself
        context.ledger.append(Refused(code=error.code, request="Production"))
        raise


def _prepared(
    context: AppContext, blueprint: Blueprint, cast: Mapping[str, str], script: str, brief: Brief
) -> Production:
    people, faults = context.people, InputFaults()
    everyone: dict[str, Person] = {}
    for role, alias in cast.items():
        with faults.collect():
            everyone[role] = people.find(alias)
    faults.raise_found()
    likenesses = {
        role: replace(people.likeness(person), glossary=context.pronunciations.of(person.id))
        for role, person in everyone.items()
    }
    lines = (
        recorded_lines(context, blueprint, likenesses, script)
        if blueprint.speech == "recorded"
        else split_script(script)
    )
    production = Production(blueprint, likenesses, lines, brief)
    # What the cast lacks, and who has not agreed, is said now and not after minutes of work.
    will = dry_run(production)
    context.studio.gate.foresee(will.uses, production.asks, will.shown)
    refuse_unspoken(context, blueprint, brief)
    return production


def recorded_lines(
    context: AppContext, blueprint: Blueprint, cast: Mapping[str, CastMember], script: str
) -> tuple[Line, ...]:
    """Return what is said in the voice-over of whoever speaks: that is the script."""
    if script.strip():
        raise InputError(
            f"script: blueprint {blueprint.name!r} plays a recording, and what is said in it is the script; leave it "
            "out, or record another one (avatar enroll --voiceover)",
            code="script.recorded",
        )
    voiceover = cast.get(blueprint.speakers[0], CastMember()).voiceover
    if voiceover is None:
        raise InputError(
            f"cast: whoever plays {blueprint.speakers[0]!r} has no voiceover; enrol one (avatar enroll --voiceover "
            "FILE), and cast them",
            code="cast.no-voiceover",
        )
    with private_tempdir() as room:
        said = context.store.fetch(voiceover, "transcript.txt", room / "transcript.txt").read_text(encoding="utf-8")
    return tuple(Line(None, text) for text in said.splitlines())


def refuse_unspoken(context: AppContext, blueprint: Blueprint, brief: Brief) -> None:
    """Refuse a language of *brief* that the voice engine of *blueprint* does not speak.

    Raises:
        InputError: ``language.not-spoken``.
    """
    if blueprint.speech == "recorded":
        _refuse_unheard(brief)
        return
    choice = blueprint.voice.choice
    spoken = languages_of(context.studio.build(choice))
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


def build_cast(pairs: Iterable[str]) -> dict[str, str]:
    """Return the cast (role -> alias) that *pairs* like ``presenter=ada`` spell."""
    cast = {}
    for pair in pairs:
        role, equals, alias = pair.partition("=")
        if not (role and equals and alias):
            raise InputError(f"--cast {pair!r}: write role=alias, like presenter=ada", code="cast.malformed")
        cast[role] = alias
    return cast


def read_script(path: Path) -> str:
    """Return the script in the text file *path*."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--script {path}: cannot be read as UTF-8 text", code="script.unreadable") from error


def load_named_blueprint(name: str, folder: Path = BLUEPRINTS) -> Blueprint:
    """Return the blueprint *name*: the path of a YAML file, or the name of one in *folder*."""
    if name.endswith((".yaml", ".yml")):
        return load(Path(name))
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise InputError(
            f"blueprint: there is no {name!r}{did_you_mean(name, known)}; known: {', '.join(known) or 'none'}; "
            "or give the path of a .yaml file",
            code="blueprint.missing",
        )
    return load(folder / f"{name}.yaml")


def deliver(context: AppContext, signed: SignedVideo, to: Path) -> Delivered:
    """Write the files of *signed* into the folder *to*, with a contact sheet and the ledger's proof of publication.

    The video is verified before it gets its name. Each file is written beside its place and then renamed, so a reader
    never sees half of one.

    Raises:
        CredentialError: the video does not verify, so nothing is delivered.
    """
    from avatar.media.contact_sheet import contact_sheet

    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to, prefix=".") as beside:
        parts = context.store.manifest(signed.digest).parts
        drafts = {part: context.store.fetch(signed, part, Path(beside) / part) for part in parts}
        video = drafts[SignedVideo.parts[0]]
        verdict = context.verify(video)
        if verdict.entry is None or not verdict.trusted:
            reasons = "; ".join(reason.sentence for reason in verdict.reasons)
            raise CredentialError(f"the video does not verify: {reasons}", code="credential.not-verified")
        contact_sheet(video, Path(beside) / "contact-sheet.png")
        (Path(beside) / "ledger-proof.txt").write_text(context.prove(verdict.entry.index))
        for draft in Path(beside).iterdir():
            move(draft, to / draft.name)
    if FACE_GAPS not in parts:
        (to / FACE_GAPS).unlink(missing_ok=True)  # of the video that was delivered here before
    return Delivered(to, to / video.name, verdict)


def pending_review(context: AppContext, video: str, to: Path) -> Path:
    """Write what someone who approves looks at into the folder *to*: stills and words of the unsigned *video*.

    The video itself stays in the store until it is approved and signed.
    """
    from avatar.media.contact_sheet import contact_sheet

    require_role(context.ledger, Role.APPROVE, "Approve")
    unsigned = Video(video)
    if video not in context.ledger.read().made or context.store.manifest(video).kind != Video.kind:
        raise InputError(f"video {video[:12]!r}: no video of that name was made here", code="approval.unknown")
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to, prefix=".") as beside:
        film = context.store.fetch(unsigned, Video.parts[0], Path(beside) / "video.mp4")
        contact_sheet(film, Path(beside) / "contact-sheet.png")
        context.store.fetch(unsigned, "captions.vtt", Path(beside) / "captions.vtt")
        for name in ("contact-sheet.png", "captions.vtt"):
            move(Path(beside) / name, to / name)
    return to


def write_report(to: Path, report: Mapping[str, Any]) -> None:
    """Write *report* as JSON to the file *to*."""
    write_text(to, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
