"""A toy stage, a toy use and a toy ledger fact: each as the edits that bring it in, and a test of what it then does."""

from tests.contributing.copy import Edit

STAGE = (
    Edit(
        "avatar/stages/face.py",
        """    preserves_frame_count = True

    footage: Footage
    speech: Speech
""",
        '''

@dataclass(frozen=True)
class AddHat(Request[Footage]):
    """Put a hat on the face in *footage*."""

    use: ClassVar[Use] = Use.ANIMATE_FACE
    output_type = Footage
    progress_label = blueprint_key = "hat"
    c2pa_action = C2paAction("c2pa.edited", "A hat was put on.", SYNTHETIC)
    preserves_frame_count = True

    footage: Footage
''',
    ),
    Edit(
        "avatar/production/blueprint/schema.py",
        "    lips: DrawnStage | None = None\n",
        "    hat: DrawnStage | None = None\n",
    ),
    Edit(
        "avatar/production/production.py",
        "            footage = self._drawn(RefineLips(footage, speech), blueprint.lips, footage)\n",
        """        if blueprint.hat:
            from avatar.stages.face import AddHat

            footage = self._drawn(AddHat(footage), blueprint.hat, footage)
""",
    ),
    Edit(
        "avatar/engines/swap/hat.py",
        "",
        '''"""Put on a hat."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.media.frames import Frames
from avatar.models.weights import Weights
from avatar.stages.face import AddHat
from avatar.stages.request import Workbench


@dataclass(frozen=True)
class Hat:
    """Leaves every frame as it is, or drops the last one."""

    version: ClassVar[int] = 1
    weights: ClassVar[tuple[Weights, ...]] = ()

    drop: bool = False

    def run(self, cleared: Cleared[AddHat], bench: Workbench) -> Frames:
        frames = bench.frames(cleared.request.footage)
        if not self.drop:
            return frames
        return Frames(frames.format, frames.count - 1, [[frame] for batch in frames.batches for frame in batch][:-1])
''',
    ),
    Edit("pyproject.toml", '[project.entry-points."avatar.engines"]\n', 'hat = "avatar.engines.swap.hat:Hat"\n'),
)
STAGE_TEST = Edit(
    "tests/test_toy_stage.py",
    "",
    """import pytest

from avatar.cli.progress import Progress
from avatar.consent.claims import LedgerPosition
from avatar.errors import EngineError
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Production, direct
from avatar.provenance.statement import Agreement, build_statement
from avatar.stages.catalogue import C2PA_ACTIONS
from avatar.stages.registry import installed
from avatar.testing.world import TOY_BLUEPRINT, TOY_BRIEF
from avatar.voices.text.script import split_script


def produce(world, **options):
    world.engines["hat"] = installed()["hat"]
    blueprint = Blueprint.model_validate({**TOY_BLUEPRINT, "hat": {"engine": "hat", **options}, "swap": None})
    ada = world.enroll("ada")
    world.agree(ada)
    story = Production(blueprint, {"presenter": world.likeness(ada)}, split_script("Hello there."), TOY_BRIEF)
    shown = Progress()
    object.__setattr__(world.studio, "on_progress", shown.tell)
    return direct(story, world.studio.under(TOY_BRIEF)), shown


def test_the_stage_is_made_shown_and_told(world):
    video, shown = produce(world)

    ancestry = world.store.ancestry(video.digest)
    agreement = Agreement((), LedgerPosition("o", 1, "c" * 64))
    said = build_statement(video.digest, ancestry, agreement, C2PA_ACTIONS, release="1")
    assert shown.stages()["hat"]["performed"] == 1
    assert "A hat was put on." in str(said)


def test_its_frames_are_counted(world):
    with pytest.raises(EngineError) as refusal:
        produce(world, drop=True)
    assert refusal.value.code == "engine.frame-count"
""",
)

USE = (
    Edit(
        "avatar/consent/uses.py",
        '    GUARD_VOICE = "guard-voice"\n',
        '    HUM = "hum"\n',
    ),
    Edit(
        "avatar/consent/uses.py",
        "_TEXTS = {\n",
        """    Use.HUM: UseText(
        notice="make me hum",
        label="Make you hum",
        meaning="You are made to hum a tune.",
        likeness="voice",
    ),
""",
    ),
    Edit(
        "avatar/capture/uses.yaml",
        "  en: compare other voices with mine\n  es: comparar otras voces con la mía\n"
        "  fr: comparer d'autres voix à la mienne\n  ja: ほかの声を私の声と比べる\n",
        "hum:\n  de: mich summen lassen\n  en: make me hum\n  es: hacerme tararear\n  fr: me faire fredonner\n"
        "  ja: 私にハミングさせる\n",
    ),
    Edit("avatar/cli/choices.py", '"train", "guard-voice"', ', "hum"'),
)
USE_TEST = Edit(
    "tests/test_toy_use.py",
    "",
    """from avatar.capture.checks import VOICE_USES
from avatar.capture.statement import statement_template
from avatar.consent import Use
from avatar.consent.notice import render_notice
from avatar.portal.labels import use


def test_the_use_is_asked_for_said_and_agreed_to(world):
    ada = world.enroll("ada")
    terms = world.terms(Use.HUM)

    assert "- make me hum" in render_notice(terms, "a studio")
    assert use(Use.HUM).name == "Make you hum"
    assert "mich summen lassen" in statement_template("de").statement("A", (Use.HUM,), ("a", "b", "c"))
    assert Use.HUM in VOICE_USES
    assert world.people.agree(ada, terms).scope.uses == (Use.HUM,)
""",
)

FACT = (
    Edit(
        "avatar/consent/entries.py",
        "Fact = Annotated[\n    ",
        "Noted\n    | ",
    ),
    Edit(
        "avatar/consent/entries.py",
        '    """A fact that no webhook sends."""\n',
        '''

class Noted(InternalFact):
    """Somebody left a note, by its sha256."""

    kind: Literal["noted"] = "noted"
    note: Digest
''',
    ),
    Edit(
        "avatar/consent/state.py",
        '    """The fold of all entries so far. Only ``fold`` changes it."""\n',
        "\n    notes: set[str] = field(default_factory=set)",
    ),
    Edit("avatar/consent/validation.py", "from avatar.consent.entries import (\n", "    Noted,\n"),
    Edit(
        "avatar/consent/validation.py",
        "    match fact:\n",
        """        case Noted():
            return Objection("", "note.twice", "that was noted before") if fact.note in state.notes else None
""",
    ),
    Edit("avatar/consent/fold.py", "from avatar.consent.entries import (\n", "    Noted,\n"),
    Edit(
        "avatar/consent/fold.py", "    match fact:\n", "        case Noted():\n            state.notes.add(fact.note)\n"
    ),
)
FACT_TEST = Edit(
    "tests/test_toy_fact.py",
    "",
    """import pytest

from avatar.consent.entries import Noted
from avatar.errors import ConsentError


def test_the_fact_is_recorded_once_and_remembered(world):
    world.ledger.append(Noted(note="a" * 64))

    assert world.ledger.read().notes == {"a" * 64}
    with pytest.raises(ConsentError, match="that was noted before"):
        world.ledger.append(Noted(note="a" * 64))
""",
)
