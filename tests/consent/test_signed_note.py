"""Signed notes: the same bytes as everyone else's, and no second spelling."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.consent.keys import Key, new_key
from avatar.consent.signed_note import (
    Note,
    NoteKey,
    NoteKeyKind,
    cosign,
    cosigned_at,
    read_note,
    read_note_key,
    sign,
    signed_by,
)
from avatar.errors import InputError, LedgerError

# The example of the format's first implementation: key, text and signature.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
SAID = f"{TEXT}\n{LINE}"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ME = Key(bytes(range(32)))


def test_a_note_that_others_signed_is_read_and_believed():
    note, key = read_note(SAID.encode()), read_note_key(VKEY)

    assert note.text == TEXT
    assert signed_by(note, key)
    assert str(note) == SAID
    assert str(key) == VKEY


@given(st.integers(0, len(SAID.encode()) * 8 - 1))
def test_no_bit_of_a_note_can_change(bit):
    data = bytearray(SAID.encode())
    data[bit // 8] ^= 1 << bit % 8

    try:
        believed = signed_by(read_note(bytes(data)), read_note_key(VKEY))
    except LedgerError:
        believed = False
    assert not believed


@given(st.integers(0, len(VKEY) * 8 - 1))
def test_no_bit_of_a_verifier_key_can_change(bit):
    data = bytearray(VKEY.encode())
    data[bit // 8] ^= 1 << bit % 8

    with pytest.raises(InputError) as refusal:
        read_note_key(data.decode("latin-1"))
    assert refusal.value.code == "ledger.bad-key"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT.encode(),
        SAID.encode()[:-1],
        SAID.replace("\n\n", "\n").encode(),
        SAID.replace("— ", "- ").encode(),
        SAID.replace("If", "If\t").encode(),
        SAID.replace("JnAM=", "JnAN=").encode(),  # the same bytes, spelt with other spare bits
        SAID.replace("Peter", "Peter+").encode(),
        b"\xff" + SAID.encode(),
        (SAID + LINE * 100).encode(),
    ],
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises(LedgerError) as refusal:
        read_note(data)

    assert refusal.value.code == "ledger.malformed"


def test_a_signature_counts_for_its_key_its_name_and_its_kind():
    note = Note("a\n1\n", (sign("a\n1\n", "me", ME),))

    assert signed_by(note, NoteKey("me", ME.public))
    assert not signed_by(note, NoteKey("you", ME.public))
    assert not signed_by(note, NoteKey("me", new_key().public))
    assert not signed_by(note, NoteKey("me", ME.public, NoteKeyKind.COSIGNATURE))
    assert cosigned_at(note, NoteKey("me", ME.public)) is None


def test_a_bad_signature_of_a_known_key_spoils_the_note_and_a_stranger_does_not():
    good, bad = sign("a\n", "me", ME), sign("b\n", "me", ME)
    stranger = sign("b\n", "stranger", new_key())
    key = NoteKey("me", ME.public)

    assert signed_by(Note("a\n", (stranger, good)), key)
    assert not signed_by(Note("a\n", (good, bad)), key)
    assert not signed_by(Note("a\n", (stranger,)), key)


def test_a_cosignature_says_when():
    note = Note("a\n", (cosign("a\n", "witness", ME, NOON),))
    key = NoteKey("witness", ME.public, NoteKeyKind.COSIGNATURE)

    assert cosigned_at(read_note(str(note).encode()), key) == NOON
    assert read_note_key(str(key)) == key


def test_the_time_of_a_cosignature_is_signed_too():
    line = cosign("a\n", "witness", ME, NOON)
    later = (int.from_bytes(line.data[:8], "big") + 1).to_bytes(8, "big")
    forged = Note("a\n", (type(line)(line.name, line.key_id, later + line.data[8:]),))

    assert cosigned_at(forged, NoteKey("witness", ME.public, NoteKeyKind.COSIGNATURE)) is None
