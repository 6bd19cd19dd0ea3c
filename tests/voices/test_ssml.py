from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.voices.base.base_tts import BaseTts, Utterance
from avatar.voices.signal.spectra import RATE
from avatar.voices.text.phonemes import to_base_alphabet
from avatar.voices.text.script import split_script
from avatar.voices.text.ssml import WordStyle, parse_ssml, split_segments
from avatar.voices.timings import SILENCE
from tests.voices.test_timings import check_laws


def test_words_are_written_one_way_and_said_another() -> None:
    line = parse_ssml('The <sub alias="World Wide Web">WWW</sub>, or <say-as interpret-as="characters">BBC2</say-as>.')

    assert line.written == ("The", "WWW,", "or", "BBC2.")
    assert line.said == ("The", "World Wide Web,", "or", "B B C 2.")


def test_the_innermost_mark_adds_to_those_around_it() -> None:
    line = parse_ssml('<prosody rate="80%">Mind <emphasis level="strong">the</emphasis> gap</prosody> now.')

    assert line.manners == {0: WordStyle(rate=0.8), 1: WordStyle(rate=0.8, emphasis=3.0), 2: WordStyle(rate=0.8)}


def test_a_line_is_said_in_parts_where_it_breaks() -> None:
    parts = split_segments(
        parse_ssml('One <break time="500ms"/> two <prosody rate="fast">three</prosody>. <break time="1s"/>')
    )

    assert [(part.line.written, part.rate, part.pause) for part in parts] == [
        (("One",), 1.0, 0.5),
        (("two",), 1.0, 0.0),
        (("three.",), 1.2, 1.0),
    ]


@pytest.mark.parametrize("line", ["R&D at AT&T", "5 < 6 > 4", "a <- b", "fish & chips; &", "“Ha,” she said"])
def test_a_line_without_tags_is_plain(line: str) -> None:
    assert parse_ssml(line).written == parse_ssml(line).said == tuple(line.split())


def test_signs_that_tags_use_may_stand_beside_them() -> None:
    assert parse_ssml("R&D <break/> is < 5 &amp; more").written == ("R&D", "is", "<", "5", "&", "more")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("<voice name='x'>Hello</voice>", "ssml.unknown-tag"),
        ("<line>Hello</line> <speak>x</speak>", "ssml.unknown-tag"),
        ("<audio src='file:///etc/passwd'/>", "ssml.unknown-tag"),
        ("<emphasis>Hello", "ssml.malformed"),
        ("Hello</emphasis>", "ssml.malformed"),
        ("</line><line>Hello", "ssml.malformed"),
        ("<phoneme ph='həˈloʊ'>Hello there</phoneme>", "ssml.malformed"),
        ("Hello <break/> &lol;", "ssml.malformed"),
        ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><emphasis>&b;</emphasis>', "ssml.document-type"),
        ("<emphasis>Hello</emphasis><!-- there -->", "ssml.document-type"),
        ("<?xml version='1.0'?><emphasis>Hello</emphasis>", "ssml.document-type"),
        ("Hello <break time='1h'/>", "ssml.bad-attribute"),
        ("Hello <break time='3600s'/>", "ssml.bad-attribute"),
        ("Hello <break strength='huge'/>", "ssml.bad-attribute"),
        ("Hello <break size='1s'/>", "ssml.bad-attribute"),
        ("<emphasis level='loud'>Hello</emphasis>", "ssml.bad-attribute"),
        ("<prosody rate='900%'>Hello</prosody>", "ssml.bad-attribute"),
        ("<prosody rate='nan%'>Hello</prosody>", "ssml.bad-attribute"),
        ("<say-as interpret-as='poem'>Hello</say-as>", "ssml.bad-attribute"),
        ("<sub>Hello</sub>", "ssml.bad-attribute"),
        ("<phoneme ph='qqq'>Hello</phoneme>", "ssml.bad-phonemes"),
        ("<phoneme ph='nnn'>Hello</phoneme>", "ssml.bad-phonemes"),
        ("<phoneme alphabet='sampa' ph='a'>Hello</phoneme>", "ssml.bad-phonemes"),
    ],
)
def test_a_bad_mark_is_refused(line: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        split_script(f"A first sentence. {line}")

    assert refusal.value.code == code


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        line = parse_ssml(text)
    except InputError:
        return

    assert len(line.written) == len(line.said)


def test_both_alphabets_spell_the_same() -> None:
    assert to_base_alphabet("ʃɪˈvɔːn", "ipa") == to_base_alphabet("SH IH0 V AO1 N", "x-arpabet") == "ʃɪvˈɔn"


def test_sentences_end_where_they_would_without_tags() -> None:
    lines = split_script('Wait <break time="0.5s"/> for me. <emphasis>Please</emphasis> do! <break/>')

    assert [line.text for line in lines] == [
        'Wait <break time="0.5s"/> for me.',
        "<emphasis>Please</emphasis> do! <break/>",
    ]


def test_a_given_pronunciation_is_spoken_and_the_written_word_is_timed(said: Callable[[str], Utterance]) -> None:
    timings = said("Ask <phoneme ph='ʃɪˈvɔːn'>Siobhan</phoneme>, please.").timings

    check_laws(timings)
    assert [word.text for word in timings.words] == ["Ask", "Siobhan,", "please."]
    symbols = [phone.symbol for phone in timings.phones if phone.symbol != SILENCE]
    assert " ".join(symbols) == "AE S K SH IH V AO N P L IY Z"


def test_a_break_is_as_long_as_it_says(said: Callable[[str], Utterance]) -> None:
    breaking = said("Ready <break time='1500ms'/> go.")

    ready, go = breaking.timings.words
    assert go.start - ready.end == pytest.approx(1.58, abs=0.05)
    assert breaking.timings.duration == pytest.approx(len(breaking.spectra.sound(0)) / RATE)


def test_emphasis_is_louder_and_higher(said: Callable[[str], Utterance]) -> None:
    plain, heavy = said("We want this one."), said("We want <emphasis level='strong'>this</emphasis> one.")

    word = plain.timings.words[2]
    frames = slice(round(word.start * 80) + 3, round(word.end * 80) - 3)
    assert (heavy.spectra.noise - plain.spectra.noise)[:, frames].mean() == pytest.approx(0.345, abs=0.05)
    assert np.array_equal(heavy.spectra.noise[:, :5], plain.spectra.noise[:, :5])


def test_a_slow_part_takes_longer(speaker: BaseTts, said: Callable[[str], Utterance]) -> None:
    slow = said("<prosody rate='x-slow'>We want this one.</prosody>")

    assert slow.timings.duration > 1.3 * said("We want this one.").timings.duration
