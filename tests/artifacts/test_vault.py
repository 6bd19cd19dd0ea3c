"""What is sealed opens whole, unaltered, and only while everyone in it has a key."""

import hashlib
import io
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avatar.artifacts import stream_aead
from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.vault import Label, Vault, generations_in, people_in
from avatar.errors import ConsentError, StoreError

ADA, BOB = "p-00000000000000ad", "p-00000000000000b0"
MAGIC = b"avatar-sealed-2\n"
HEADER = len(MAGIC) + 4 + len(f'["{ADA}","{BOB}"]') + 32  # bytes: how many name its people, who, and the salt
LABEL = Label("blob", (ADA, BOB), "0" * 64)


@pytest.fixture
def vault(tmp_path) -> Vault:
    keyring = FolderKeyring(tmp_path / "keys")
    keyring.make(ADA)
    keyring.make(BOB)
    return Vault(keyring)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(stream_aead, "CHUNK_BYTES", 16)


def refused(vault: Vault, sealed: bytes, label: Label = LABEL) -> str:
    with pytest.raises((ConsentError, StoreError)) as refusal:
        vault.open(sealed, label)
    return refusal.value.code


@pytest.mark.usefixtures("small_chunks")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain=st.binary(max_size=100))
def test_what_is_sealed_opens(vault, plain):
    sealed = vault.seal(plain, LABEL)

    assert vault.open(sealed, LABEL) == plain
    assert len(plain) < 8 or plain not in sealed[HEADER:]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 33])
def test_every_length_opens_also_at_the_edges_of_chunks(vault, size):
    assert vault.open(vault.seal(b"x" * size, LABEL), LABEL) == b"x" * size


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("size", [0, 5, 16, 40])
def test_no_byte_can_be_changed_and_none_cut_off_or_added(vault, size):
    sealed = vault.seal(b"y" * size, LABEL)

    for place in range(len(sealed)):
        flipped = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert refused(vault, flipped) == "store.altered"
        assert refused(vault, sealed[:place]) == "store.altered"
    assert refused(vault, sealed + b"\0") == "store.altered"


@pytest.mark.usefixtures("small_chunks")
def test_chunks_cannot_be_exchanged_repeated_or_dropped(vault):
    sealed = vault.seal(bytes(range(64)), LABEL)
    start = len(sealed) - 4 * 32
    head, pieces = sealed[:start], [sealed[i : i + 32] for i in range(start, len(sealed), 32)]

    for order in ([1, 0, 2, 3], [0, 1, 3, 2], [0, 0, 1, 2, 3], [0, 1, 3], [1, 2, 3], [0, 1, 2], [0], []):
        assert refused(vault, head + b"".join(pieces[i] for i in order)) == "store.altered"
    assert vault.open(head + b"".join(pieces), LABEL) == bytes(range(64))


@pytest.mark.parametrize(
    "label",
    [
        replace(LABEL, kind="manifest"),
        replace(LABEL, digest="1" * 64),
        replace(LABEL, people=(ADA,)),
        replace(LABEL, people=()),
    ],
)
def test_what_is_sealed_as_one_thing_does_not_open_as_another(vault, label):
    assert refused(vault, vault.seal(b"a face", LABEL), label) == "store.altered"


@pytest.mark.parametrize("sealed", [b"", b"a face", MAGIC, MAGIC + b"\xff" * 4, MAGIC + b"\0" * 4, b"{}" * 99])
def test_what_was_never_sealed_does_not_open(vault, sealed):
    assert refused(vault, sealed) == "store.altered"
    with pytest.raises(StoreError):
        people_in(sealed, LABEL)


def test_the_same_bytes_are_never_sealed_the_same_way_twice(vault):
    assert vault.seal(b"a face", LABEL) != vault.seal(b"a face", LABEL)


@pytest.mark.parametrize("who", [ADA, BOB])
def test_two_people_are_readable_while_both_have_a_key(vault, who):
    sealed, alone = vault.seal(b"two faces", LABEL), vault.seal(b"one face", replace(LABEL, people=(BOB,)))
    vault.keyring.destroy(who)

    assert refused(vault, sealed) == "person.erased"
    if who == ADA:
        assert vault.open(alone, replace(LABEL, people=(BOB,))) == b"one face"


def test_a_new_key_opens_nothing_old(vault):
    sealed = vault.seal(b"a face", LABEL)
    vault.keyring.destroy(ADA)
    vault.keyring.make(ADA)

    assert refused(vault, sealed) == "store.altered"


def test_a_file_is_sealed_anew_as_what_it_was(vault, tmp_path):
    (tmp_path / "old").write_bytes(vault.seal(b"two faces", LABEL))
    vault.keyring.renew(ADA)
    anew = vault.reseal_file(tmp_path / "old", tmp_path / "new").read_bytes()
    vault.keyring.retire(ADA)

    assert vault.open(anew, LABEL) == b"two faces"
    assert generations_in(anew, LABEL) == {ADA: 2, BOB: 1}
    with pytest.raises(StoreError) as refusal:
        vault.open((tmp_path / "old").read_bytes(), LABEL)
    assert refusal.value.code == "store.retired"


@pytest.mark.usefixtures("small_chunks")
def test_what_was_altered_is_not_sealed_anew(vault, tmp_path):
    sealed = vault.seal(b"a face", LABEL)
    for place in range(len(sealed)):
        (tmp_path / "old").write_bytes(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        with pytest.raises((ConsentError, StoreError)):
            vault.reseal_file(tmp_path / "old", tmp_path / f"new{place}")


@pytest.mark.parametrize("said", [f'["{ADA}.1"]', f'["{ADA}.02"]', f'["{ADA}.x"]', f'["{ADA}",]', "{}", f'[["{ADA}"]]'])
def test_generations_have_one_spelling(vault, said):
    start = MAGIC + len(said).to_bytes(4, "big") + said.encode() + bytes(40)

    with pytest.raises(StoreError) as refusal:
        generations_in(start, LABEL)
    assert refusal.value.code == "store.altered"


def test_the_order_of_people_does_not_matter(vault):
    sealed = vault.seal(b"two faces", LABEL)

    assert vault.open(sealed, replace(LABEL, people=(BOB, ADA, BOB))) == b"two faces"
    assert vault.name_of("0" * 64, (BOB, ADA)) == vault.name_of("0" * 64, (ADA, BOB))
    assert people_in(sealed, LABEL) == (ADA, BOB)


def test_the_name_of_a_blob_says_neither_what_it_is_nor_who(vault, tmp_path):
    elsewhere = Vault(FolderKeyring(tmp_path / "elsewhere"))
    elsewhere.keyring.make(ADA)
    names = [vault.name_of("0" * 64, (ADA,)), vault.name_of("0" * 64, (BOB,)), elsewhere.name_of("0" * 64, (ADA,))]

    assert len(set(names)) == 3
    assert names[0] == vault.name_of("0" * 64, (ADA,))


@pytest.mark.parametrize("person", ["../../etc/passwd", "", "p-00000000000000ad/../x", "p-00000000000000AD", "\x00"])
def test_a_person_that_somebody_made_up_leads_nowhere(vault, person):
    with pytest.raises(StoreError) as refusal:
        vault.seal(b"a face", replace(LABEL, people=(person,)))
    assert refusal.value.code == "store.altered"


def test_a_file_that_is_not_what_its_label_says_never_stands_there(vault, tmp_path):
    """Its key can be right and its content wrong, if it changed between being named and being sealed."""
    (tmp_path / "plain").write_bytes(b"changed")
    sealed = vault.seal_file(tmp_path / "plain", LABEL, tmp_path / "sealed")

    with pytest.raises(StoreError) as refusal:
        vault.open_file(sealed, LABEL, tmp_path / "out")
    assert refusal.value.code == "store.altered"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys", "plain", "sealed"]


def test_a_large_file_needs_no_more_memory_than_a_few_chunks(vault, tmp_path):
    plain = tmp_path / "plain"
    digest = hashlib.sha256()
    with plain.open("wb") as file:
        for number in range(48):
            piece = bytes([number]) * (1 << 20)
            file.write(piece)
            digest.update(piece)
    label = replace(LABEL, digest=digest.hexdigest())

    tracemalloc.start()
    vault.open_file(vault.seal_file(plain, label, tmp_path / "sealed"), label, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (tmp_path / "out").read_bytes() == plain.read_bytes()
    assert peak < 8 << 20


def test_a_stream_is_checked_before_it_is_believed():
    """The first chunk of a stream that was altered later comes out; what is after the first wrong byte does not."""
    plain = io.BytesIO(bytes(3 * stream_aead.CHUNK_BYTES))
    sealed = bytearray(b"".join(stream_aead.encrypt_stream(plain, b"k" * 32, b"n" * 7, b"header")))
    sealed[2 * (stream_aead.CHUNK_BYTES + 16)] ^= 1
    opened = stream_aead.decrypt_stream(io.BytesIO(bytes(sealed)), b"k" * 32, b"n" * 7, b"header")

    assert next(opened) == next(opened) == bytes(stream_aead.CHUNK_BYTES)
    with pytest.raises(stream_aead.AuthenticationError):
        next(opened)
