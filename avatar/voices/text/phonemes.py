"""Pronunciations that people write, in IPA or ARPAbet, in the alphabet of the base voice."""

from avatar.errors import InputError

_ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "ɜɹ", "EY": "A", "IH": "ɪ",
    "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f",
    "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s",
    "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_WEAK = {"AH": "ə", "ER": "əɹ"}  # without stress
_STRESS = {"0": "", "1": "ˈ", "2": "ˌ"}
# Longer spellings first: the base voice writes each diphthong and affricate as one sign.
_IPA = {
    "eɪ": "A", "aɪ": "I", "oʊ": "O", "əʊ": "O", "aʊ": "W", "ɔɪ": "Y", "tʃ": "ʧ", "dʒ": "ʤ", "ɝ": "ɜɹ", "ɚ": "əɹ",
    "r": "ɹ", "g": "ɡ", "ɒ": "ɑ", "e": "ɛ", "a": "æ", "o": "O", "ː": "", ".": "", " ": "", "͡": "", "‿": "",
}  # fmt: skip
_VOWELS = frozenset("AIOWYɑæʌəɔɛɜɪiʊu")
_KNOWN = frozenset("".join(_ARPABET.values())) | {"ə", "ˈ", "ˌ"}


def to_base_alphabet(pronunciation: str, alphabet: str) -> str:
    """Return *pronunciation*, written in *alphabet* (``ipa`` or ``x-arpabet``), in the signs of the base voice.

    >>> to_base_alphabet("ʃɪˈvɔːn", "ipa"), to_base_alphabet("SH IH0 V AO1 N", "x-arpabet")
    ('ʃɪvˈɔn', 'ʃɪvˈɔn')

    Raises:
        InputError: when the alphabet or a sign is not known, or there is no vowel; code ``ssml.bad-phonemes``.
    """
    if alphabet not in ("ipa", "x-arpabet"):
        raise InputError(f"phoneme alphabet {alphabet!r}: use ipa or x-arpabet", code="ssml.bad-phonemes")
    symbols = _from_ipa(pronunciation) if alphabet == "ipa" else _from_arpabet(pronunciation)
    strange = [sign for sign in symbols if sign not in _KNOWN]
    if strange or not any(sign in _VOWELS for sign in symbols):
        what = f"{strange[0]!r} is not a sound of English" if strange else "it has no vowel"
        raise InputError(
            f"the pronunciation {pronunciation[:40]!r}: {what}; write IPA like ʃɪˈvɔːn or ARPAbet like SH IH0 V AO1 N",
            code="ssml.bad-phonemes",
        )
    return symbols


def _from_arpabet(pronunciation: str) -> str:
    symbols = ""
    for phone in pronunciation.upper().split():
        name, stress = phone.rstrip("012"), phone[-1:] if phone[-1:] in _STRESS else ""
        sign = _WEAK[name] if stress == "0" and name in _WEAK else _ARPABET.get(name, "?")
        symbols += _STRESS.get(stress, "") + sign
    return symbols


def _from_ipa(pronunciation: str) -> str:
    text = pronunciation.strip().strip("/[]")
    for spelled, sign in _IPA.items():
        text = text.replace(spelled, sign)
    symbols = waiting = ""
    for sign in text:  # IPA marks the syllable, the base voice its vowel
        if sign in "ˈˌ":
            waiting = sign
        elif sign in _VOWELS:
            symbols, waiting = symbols + waiting + sign, ""
        else:
            symbols += sign
    return symbols
