"""A text in words alone, for engines that would read figures and signs in their own way, or not at all."""

import re
from collections.abc import Callable, Mapping

from avatar.voices.text.g2p import parse_phonemes
from avatar.voices.text.ssml import ParsedLine

_MONEY = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_YEAR = re.compile(r"(?<![\d.,$£€-])(1[1-9]\d\d|20\d\d)(?![\d%]|[.,]\d)")
_DECADE = re.compile(r"\b(1[1-9]|20)(\d)0s\b")
# How a phoneme is spelled for those who read letters.
_SPELLED: Mapping[str, str] = {
    "AA": "ah", "AE": "a", "AH": "uh", "AO": "aw", "AW": "ow", "AY": "eye", "B": "b", "CH": "ch", "D": "d", "DH": "th",
    "EH": "eh", "ER": "er", "EY": "ay", "F": "f", "G": "g", "HH": "h", "IH": "ih", "IY": "ee", "JH": "j", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ng", "OW": "oh", "OY": "oy", "P": "p", "R": "r", "S": "s", "SH": "sh",
    "T": "t", "TH": "th", "UH": "uu", "UW": "oo", "V": "v", "W": "w", "Y": "y", "Z": "z", "ZH": "zh",
}  # fmt: skip


def normalize_text(line: ParsedLine) -> str:
    """Return what is said of *line* as words and marks: no figures, no signs, given phonemes respelled.

    >>> from avatar.voices.text.ssml import parse_ssml
    >>> normalize_text(parse_ssml("Dr. No paid $2.50 in 1999, 3.5% of it on 5/6/2024."))
    'Doctor No paid two dollars and fifty cents in nineteen ninety-nine, three point five percent of it on May sixth, \
twenty twenty-four.'
    """
    from hibari.g2p import numbers
    from hibari.g2p.normalize import normalize

    text = normalize(" ".join(_respell(line)))
    text = re.sub(r"\bDr(?=\s[A-Z])", "Doctor", text)
    text = re.sub(rf"([$£€])({_NUMBER})", lambda found: _spell_money(found[1], found[2], numbers.cardinal), text)
    text = re.sub(rf"({_NUMBER})\s?%", r"\1 percent", text)
    text = _DECADE.sub(lambda found: _spell_decade(int(found[1] + found[2] + "0"), numbers.year), text)
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda found: numbers.ordinal(int(found[1])), text)
    text = _YEAR.sub(lambda found: numbers.year(int(found[1])), text)
    text = re.sub(rf"-(?={_NUMBER})", "minus ", text)
    return re.sub(_NUMBER, lambda found: _spell_number(found[0], numbers.cardinal), text)


def _respell(line: ParsedLine) -> list[str]:
    said = list(line.said)
    for place, manner in line.manners.items():
        if manner.phonemes:
            marks = re.search(r"\W*$", line.written[place])
            spelled = "".join(_SPELLED[phoneme.symbol] for phoneme in parse_phonemes(manner.phonemes))
            said[place] = spelled + (marks[0] if marks else "")
    return said


def _spell_money(sign: str, number: str, cardinal: Callable[[int], str]) -> str:
    whole, _, part = number.replace(",", "").partition(".")
    large, small = _MONEY[sign]
    cents = int(part.ljust(2, "0")[:2]) if part else 0
    said = f"{cardinal(int(whole))} {large}{'' if int(whole) == 1 else 's'}"
    if not cents:
        return said
    coins = small if cents == 1 else {"penny": "pence"}.get(small, small + "s")
    return f"{said} and {cardinal(cents)} {coins}"


def _spell_decade(year: int, said: Callable[[int], str]) -> str:
    words = said(year)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _spell_number(number: str, cardinal: Callable[[int], str]) -> str:
    whole, _, part = number.replace(",", "").partition(".")
    digits = " ".join(cardinal(int(digit)) for digit in part)
    return cardinal(int(whole)) + (f" point {digits}" if digits else "")
