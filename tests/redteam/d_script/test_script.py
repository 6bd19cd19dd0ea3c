"""D: words that are more than words."""

import pytest

from avatar.engines.voice.cut import Cut
from avatar.media.captions import build_cues, format_srt, format_vtt
from avatar.media.frames import Format
from avatar.media.text import to_printable
from avatar.media.titles import draw_lower_third
from avatar.stages.voice import CloneVoice, CutVoiceover
from avatar.voices.text.script import split_script
from tests.redteam.cases import attack
from tests.voices.voiceovers import hummed

PAL = Format(640, 360, 25)


def refuse(scene, ask, script: str) -> None:
    with scene.attacked():
        ask(script)


@attack("a script with a zero byte, to end a text early", by="plain words", code="script.control-character")
def test_a_zero_byte(scene, ask):
    refuse(scene, ask, "Hello there.\x00 And more.")


@attack("a script that writes to the terminal of who reads the log", by="plain words", code="script.control-character")
def test_a_terminal_sequence(scene, ask):
    refuse(scene, ask, "Hello \x1b[2J\x1b]0;owned\x07 there.")


@attack("a script that is read another way round than it is said", by="plain words", code="script.control-character")
@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u202d"])
def test_direction_overrides(scene, ask, sign):
    refuse(scene, ask, f"Pay {sign}001 to him.")


@attack("a script with half a character", by="plain words", code="script.control-character")
def test_half_a_character(scene, ask):
    refuse(scene, ask, "Hello \ud83d there.")


@attack("a line without an end", by="plain words", code="script.line-too-long")
def test_a_line_without_an_end(scene, ask):
    refuse(scene, ask, "word " * 20_000)


@attack("a script of nothing that can be said", by="plain words", code="script.nothing-to-say")
def test_nothing_to_say(scene, ask):
    refuse(scene, ask, "\u200b\u200b … — \u2060")


@attack("a script without words", by="plain words", code="script.empty")
def test_no_words(scene, ask):
    refuse(scene, ask, " \n\t\n ")


@attack("a script names a speaker whom nobody cast", by="plain words", code="script.unknown-speaker")
def test_a_speaker_whom_nobody_cast(scene, ask):
    refuse(scene, ask, "president: I resign today.")


@attack("a script holds templates, commands and formats", by="text is data", harmless="they are said as they stand")
def test_templates_are_words(scene, ask, monkeypatch):
    monkeypatch.setenv("SECRET", "swordfish")
    # A written brace is doubled; what it encloses is not looked at again.
    production = ask("Say {{0}} and {{presenter}} and ${{SECRET}} and $(id) and {{{{7*7}}}} and %s and <%= 1 %> now.")

    said = "Say {0} and {presenter} and ${SECRET} and $(id) and {{7*7}} and %s and <%= 1 %> now."
    assert [line.text for line in production.script] == [said]


@attack("a script asks for what it was not given", by="text is data", code="script.bad-variable")
@pytest.mark.parametrize("blank", ["{0}", "${SECRET}", "{presenter.portrait}", "{__class__}"])
def test_a_blank_that_nobody_fills(scene, ask, blank):
    refuse(scene, ask, f"Say {blank} now.")


@attack("a line leads out of the room it is spoken in", by="text is data", harmless="it names no file")
@pytest.mark.parametrize("line", ["../../x", "/etc/passwd", "file:///etc/passwd"])
def test_a_line_that_is_a_path(scene, line):
    speech = scene.perform(CloneVoice(scene.model(scene.accomplice), line), "beep")

    assert scene.world.store.manifest(speech.digest).work.fields["line"] == line
    assert not list(scene.world.folder.parent.glob("x"))


@attack("a caption breaks out of its cue", by="text is data", harmless="a player sees words")
def test_a_caption_that_breaks_out():
    words = [
        ("-->", 0.0, 1.0),
        ("00:00:09.000", 1.0, 2.0),
        ("<script>", 2.0, 3.0),
        ("{\\an8}", 3.0, 4.0),
        ("&lt;b>", 4.0, 5.0),
    ]
    cues = build_cues(words, 6.0)

    assert format_vtt(cues).count("-->") == format_srt(cues).count("-->") == len(cues)
    assert "<" not in format_vtt(cues).replace("&lt;", "")
    assert "<script>" not in format_srt(cues)
    assert "{" not in format_srt(cues)


@attack("a word of a caption brings line breaks and a new cue", by="text is data", harmless="it stays one word")
def test_a_caption_that_brings_a_cue():
    word = "hi\n\n2\n00:00:00.000 --> 00:00:09.000\nowned"
    cues = build_cues([(word, 0.0, 2.0)], 2.0)

    assert "\n" not in to_printable(word)
    assert format_vtt(cues).count("-->") == format_srt(cues).count("-->") == len(cues)


@attack("a lower third names a file for the text tool to read", by="text is data", harmless="the name itself is drawn")
@pytest.mark.parametrize("prefix", ["@", "text:", "file://", "label:@"])
def test_a_lower_third_that_is_a_file(tmp_path, prefix):
    secret, length = tmp_path / "s", len(prefix) + len(str(tmp_path / "s"))
    secret.write_text("a secret\n" * 20)
    shown = draw_lower_third(f"{prefix}{secret}", PAL).box

    assert shown.bottom - shown.top == _height("x" * length)


@attack(
    "a lower third carries filters and escapes for the encoder", by="text is data", harmless="it is drawn as it stands"
)
def test_a_lower_third_with_filters():
    text = "x':textfile=/etc/passwd,drawbox=c=red"
    shown = draw_lower_third(text, PAL).box

    assert shown.bottom - shown.top == _height("x" * len(text))


def _height(text: str) -> int:
    box = draw_lower_third(text, PAL).box
    return box.bottom - box.top


@attack("two spellings of one word slip past who compares words", by="plain words", harmless="both become one spelling")
def test_one_spelling(ask):
    assert split_script("Cafe\u0301 now.") == split_script("Caf\u00e9 now.")


@attack(
    "a recording is taken to say what was agreed to, when it says something else",
    by="recorded words",
    code="voiceover.other-words",
)
def test_a_recording_that_says_something_else(scene):
    mallory = scene.world.people.enroll(scene.accomplice.alias, "synthetic", [hummed])
    scene.world.agree(mallory)
    scene.world.engines["cut"] = lambda: Cut

    scene.refused(CutVoiceover(scene.world.likeness(mallory).voiceover, 0, "I love this brand."), "cut")
