"""What the demo promises, seen from the command line with real engines."""

import json
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avatar.app.context import AppContext
from avatar.app.settings import Settings
from avatar.artifacts.artifact import Artifact
from tests.e2e.cli_sandbox import SCRIPT, Place, kill

pytestmark = [pytest.mark.slow, pytest.mark.apart]


def unsigned(report):
    return report["video"]


def test_a_script_becomes_a_signed_talking_video(finished):
    place, report = finished

    assert report["verdict"]["trusted"]
    assert report["size"] >= [512, 512]
    assert Fraction(report["rate"]) == 25
    for name in ("captions.vtt", "captions.srt", "contact-sheet.png", "ledger-proof.txt"):
        assert (place.folder / "out" / name).stat().st_size > 100
    with av.open(str(place.video)) as video:
        assert [stream.type for stream in video.streams] == ["video", "audio"]
        picture, sound = video.streams
        gap = abs(picture.duration * picture.time_base - sound.duration * sound.time_base)
        assert gap <= 1 / Fraction(report["rate"])


def test_the_verifier_lists_every_person_use_and_grant(finished):
    place, _ = finished

    told = place.run("verify", str(place.video), "--json")

    verdict = json.loads(told.stdout)
    assert told.returncode == 0
    assert verdict["trusted"]
    people = {person["person"]: set(person["uses"]) for person in verdict["consent"]["people"]}
    assert len(people) == 2
    assert set().union(*people.values()) == {"clone-voice", "animate-face", "swap-face", "refine-lips", "publish"}
    assert len(verdict["ledger"]["grants"]) == 2
    assert (
        f"{verdict['sha256']}  ledger entry {verdict['ledger']['index']}  consent stands"
        in place.run("where", "ava").stdout
    )


def test_the_ledger_holds_and_proves_the_publication(finished):
    place, _ = finished

    proven = place.run(
        "ledger", "check-proof", str(place.folder / "out" / "ledger-proof.txt"), "--of", str(place.video)
    )

    assert proven.returncode == 0, proven.stderr
    assert '"kind": "published"' in proven.stdout
    assert place.run("ledger", "verify").returncode == 0


def test_the_mouth_moves_while_there_is_sound_and_rests_while_there_is_none(finished):
    place, _ = finished
    with av.open(str(place.video)) as video:
        frames = np.stack([f.to_ndarray(format="gray")[280:380, 180:340] for f in video.decode(video=0)]).astype(float)
    with av.open(str(place.video)) as video:
        sound = np.concatenate([f.to_ndarray().mean(axis=0) for f in video.decode(audio=0)])
    per_frame = len(sound) // len(frames)
    level = np.array([np.abs(sound[i * per_frame : (i + 1) * per_frame]).mean() for i in range(len(frames) - 1)])
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))

    spoken, silent = change[level > 0.02], change[level < 0.002]

    assert len(spoken) > 50
    assert len(silent) > 10
    assert spoken.mean() > 2 * silent.mean()


def test_a_second_run_renders_nothing(copy):
    before = copy.pictures()

    report = copy.demo()

    assert copy.pictures() == before
    assert all(stage["performed"] == 0 for stage in report["stages"].values())


def test_editing_one_sentence_makes_one_shot_again(copy):
    before = copy.pictures()

    report = copy.demo(SCRIPT.replace("five maps", "six maps"))

    assert copy.pictures() == before + 1
    assert report["stages"]["voice"]["performed"] == 1
    assert report["stages"]["learning"]["performed"] == 0


def test_a_killed_run_goes_on_where_it_was_and_ends_in_the_same_video(finished, tmp_path):
    _, undisturbed = finished
    place = Place(tmp_path)
    running = place.start("demo", "--out", "out", "--script", SCRIPT)
    place.wait_for(lambda p: (p.folder / ".avatar/store/ledger").exists() and p.pictures() >= 3, running)

    kill(running)
    kept = place.pictures()
    report = place.demo()

    # Two lines are made at a time: two shots may have been in flight, one perhaps already written down.
    assert report["stages"]["picture"]["recalled"] >= kept - 2 >= 1
    assert unsigned(report) == unsigned(undisturbed)


def test_a_withdrawal_during_a_render_ends_it_within_two_seconds_and_nothing_is_published(copy):
    text = (
        "This is quite another script, and it is long enough to be interrupted in the very middle of its picture. " * 3
    )
    before = copy.pictures()
    running = copy.start("demo", "--out", "again", "--script", text)
    voices = sum(e["kind"] == "performed" and e["request"] == "CloneVoice" for e in copy.entries())

    def speaking(place: Place) -> bool:
        now = sum(e["kind"] == "performed" and e["request"] == "RefineLips" for e in place.entries())
        return now > voices

    copy.wait_for(speaking, running)
    withdrawn = copy.run("withdraw", "mia")
    output = running.communicate(timeout=30)[0]

    assert withdrawn.returncode == 0
    assert running.returncode == 1
    assert "mia has withdrawn" in output
    assert "consent.withdrawn" in output
    took = copy.when("refused") - copy.when("withdrawn")
    assert took <= timedelta(seconds=2)
    entries = copy.entries()
    end = next(i for i, e in enumerate(entries) if e["kind"] == "withdrawn")
    assert not any(e["kind"] == "published" for e in entries[end:])
    showing_mia = {"SwapFace", "RefineLips", "Render", "Assemble", "Publish"}
    assert not any(e["kind"] == "performed" and e["request"] in showing_mia for e in entries[end:])
    assert any(e["kind"] == "refused" and e["code"] == "consent.withdrawn" for e in entries[end:])
    assert not (copy.folder / "again" / "video.mp4").exists()
    assert copy.pictures() >= before

    again = copy.run("demo", "--out", "out", "--script", SCRIPT)

    assert again.returncode == 1
    assert "consent.withdrawn" in again.stderr
    assert "NOT trusted" in copy.run("verify", str(copy.video)).stdout
    assert "consent withdrawn" in copy.run("where", "mia").stdout
    assert "consent withdrawn" in copy.run("where", "ava").stdout  # the video shows mia too


def test_the_same_production_on_s3_four_lines_at_a_time_has_the_same_digests(finished, tmp_path, s3_endpoint):
    _, on_a_folder = finished

    on_s3 = Place(tmp_path, store="s3://avatar-tests/demo", endpoint=s3_endpoint, workers=4).demo()

    assert unsigned(on_s3) == unsigned(on_a_folder)
    assert on_s3["verdict"]["trusted"]


def test_after_an_erasure_nothing_readable_of_the_person_is_left_in_the_house(copy):
    """With real pictures, voices and models: every part is written out first, then searched for."""
    context = AppContext(Settings(home=copy.folder / ".avatar"))
    ava = context.people.find("ava")
    secrets = {f"{digest} {part}": data for digest, part, data in _parts(context, ava.id, copy.folder / "part")}
    secrets |= {line: line.encode() for line in _lines(context, ava.id)}
    kinds = {name.split()[-1] for name in secrets}
    assert {"picture.png", "sound.wav", "transcript.txt", "voice.npz", "picture.mp4", "video.mp4"} <= kinds

    unsure = copy.run("erase", "ava")  # nobody is there to say yes
    done = copy.run("erase", "ava", "--yes")

    assert unsure.returncode == 1
    assert done.returncode == 0, done.stderr
    assert "sha256" in done.stdout  # the video that was published
    for path in (path for path in (copy.folder / ".avatar").rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert path.name != "ava"
        assert not [name for name, secret in secrets.items() if secret in data], path
    assert "mia" in copy.run("people").stdout
    assert copy.run("demo", "--out", "again", "--script", SCRIPT).returncode == 1
    assert "NOT trusted" in copy.run("verify", str(copy.video)).stdout


def _parts(context: AppContext, person: str, room: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield a piece from the middle of every part that shows *person*."""
    for key in context.objects.list(f"people/{person}/shown"):
        digest = key.rsplit("/", 1)[-1]
        for part in context.store.manifest(digest).parts:
            data = context.store.fetch(Artifact(digest), part, room).read_bytes()
            pieces = (data[start : start + 64] for start in range(len(data) // 2, len(data), 64))
            telling = next((piece for piece in pieces if len(set(piece)) > 8), None)  # zeroes are everyone's
            if telling:
                yield digest, part, telling
            room.unlink()


def _lines(context: AppContext, person: str) -> Iterator[str]:
    for key in context.objects.list(f"people/{person}/shown"):
        work = context.store.manifest(key.rsplit("/", 1)[-1]).work
        if work and work.request == "CloneVoice":
            yield work.fields["line"]
