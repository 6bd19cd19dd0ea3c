"""Captions: short lines, readable times, and nothing in a script that a player could take for markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.media.captions import MAX_CUE_S, MAX_LINE_CHARS, MIN_CUE_S, Cue, build_cues, format_srt, format_vtt

HOSTILE = [
    "-->",
    "<b>",
    "</c>",
    "{\\an8}",
    "&lt;",
    "1\n\n00:00:01,000 --> 00:00:02,000\nfake",
    "\u202eevil",
    "NOTE",
    "WEBVTT",
]
words = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from([*HOSTILE, "one", "two,", "three.", "x" * 100])), max_size=60
)


def spoken(texts, each=0.3, gap=0.05):
    """*texts* spoken one after another, *each* second a word."""
    return [(text, n * (each + gap), n * (each + gap) + each) for n, text in enumerate(texts)]


def parsed(text, point):
    """Read a caption file as strictly as its standard: blocks between empty lines, a time line, then text."""
    clock = rf"(\d\d):(\d\d):(\d\d)\{point}(\d\d\d)"
    cues = []
    for block in re.split(r"\n\n+", text.strip("\n")):
        lines = block.split("\n")
        if point == ",":
            assert lines.pop(0) == str(len(cues) + 1)
        times = re.fullmatch(rf"{clock} --> {clock}", lines.pop(0))
        assert times, block
        h, m, s, ms, h2, m2, s2, ms2 = map(int, times.groups())
        assert all("-->" not in line for line in lines)
        start, end = (h * 60 + m) * 60 + s + ms / 1000, (h2 * 60 + m2) * 60 + s2 + ms2 / 1000
        cues.append(Cue(round(start, 3), round(end, 3), tuple(lines)))
    return tuple(cues)


@given(words)
def test_all_that_is_said_is_shown_in_short_lines(texts):
    cues = build_cues(spoken(texts), until=60.0)

    shown = "".join(line for cue in cues for line in cue.lines).replace(" ", "")
    assert shown == "".join(printable_of(texts)).replace(" ", "")
    assert all(1 <= len(cue.lines) <= 2 and all(0 < len(line) <= MAX_LINE_CHARS for line in cue.lines) for cue in cues)


def printable_of(texts):
    from avatar.media.text import to_printable

    return ["".join(to_printable(text).split()) for text in texts]


@given(words, st.floats(0.05, 9), st.floats(0, 3))
def test_cues_follow_each_other_and_none_is_shown_too_long(texts, each, gap):
    timed = spoken(texts, each, gap)
    until = len(texts) * (each + gap)
    cues = build_cues(timed, until)

    starts = [cue.start for cue in cues] + [until + 0.001]
    for cue, after in zip(cues, starts[1:], strict=True):
        assert 0 <= cue.start < cue.end <= after
        assert cue.end - cue.start <= MAX_CUE_S + 0.002


@given(st.lists(st.text("abcdefgh,.", min_size=1, max_size=9), min_size=4, max_size=60), st.floats(0.2, 0.6))
def test_speech_at_a_human_pace_stays_long_enough_to_be_read(texts, each):
    cues = build_cues(spoken(texts, each), until=1000.0)

    assert all(cue.end - cue.start >= MIN_CUE_S - 0.002 for cue in cues)


@given(words)
def test_subrip_reads_back_and_holds_no_markup(texts):
    cues = build_cues(spoken(texts), until=60.0)

    back = parsed(format_srt(cues), ",") if cues else ()
    assert [(cue.start, cue.end, len(cue.lines)) for cue in back] == [(c.start, c.end, len(c.lines)) for c in cues]
    assert not re.search(r"[<>{}\\]", "".join(line for cue in back for line in cue.lines))


@given(words)
def test_webvtt_reads_back_to_the_same_words(texts):
    cues = build_cues(spoken(texts), until=60.0)
    text = format_vtt(cues)

    assert text.startswith("WEBVTT\n\n") or not cues
    back = parsed(text.removeprefix("WEBVTT\n\n"), ".") if cues else ()
    assert not re.search(r"[<>]", "".join(line for cue in back for line in cue.lines))
    plain = [
        tuple(line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for line in cue.lines)
        for cue in back
    ]
    assert plain == [cue.lines for cue in cues]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_script_cannot_write_cues_of_its_own(hostile):
    cues = build_cues(spoken(["Say", hostile, "now."]), until=5.0)

    assert (
        len(cues)
        == len(parsed(format_srt(cues), ","))
        == len(parsed(format_vtt(cues).removeprefix("WEBVTT\n\n"), "."))
        == 1
    )


def test_a_cue_ends_with_its_sentence():
    said = "This is the first sentence. And this one comes after it, with a clause."

    assert [" ".join(cue.lines) for cue in build_cues(spoken(said.split()), 60)] == [
        "This is the first sentence.",
        "And this one comes after it, with a clause.",
    ]


def test_a_long_sentence_breaks_at_its_commas():
    said = (
        "When the meeting is over, and everyone has gone home for the day, the lights in the long corridor "
        "are switched off by the guard."
    )

    assert [cue.lines for cue in build_cues(spoken(said.split()), 60)] == [
        ("When the meeting is over,", "and everyone has gone home for the day,"),
        ("the lights in the long corridor", "are switched off by the guard."),
    ]


def test_a_silence_ends_a_cue():
    cues = build_cues([("Well", 0.0, 1.2), ("yes", 4.0, 5.1)], until=6.0)

    assert [cue.lines for cue in cues] == [("Well",), ("yes",)]
    assert cues[0].end == 1.5
