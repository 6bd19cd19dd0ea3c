"""One value, one spelling, one digest."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.canonical import canonical, digest_of, digest_of_file
from avatar.errors import InputError

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | text
values = st.recursive(
    scalars.filter(lambda v: not isinstance(v, float) or abs(v) < 2**53),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_reading_it_back_gives_the_same_spelling(value):
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.dictionaries(text, scalars.filter(lambda v: not isinstance(v, float)), max_size=6))
def test_the_order_of_keys_does_not_matter(value):
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


def test_it_is_the_spelling_of_rfc_8785():
    assert (
        canonical({"€": 1, "a": [1.0, 1e21, "\u000f"], "A": None})
        == '{"A":null,"a":[1,1e+21,"\\u000f"],"€":1}'.encode()
    )


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf"), 2**53, -(2**60), {"a": ["\udfff"]}])
def test_what_cannot_be_spelled_is_refused(value):
    with pytest.raises(InputError) as refusal:
        canonical(value)
    assert refusal.value.code == "value.unwritable"


@given(st.binary(max_size=3 << 10), st.integers(0, 2))
def test_a_file_has_the_digest_of_its_bytes(tmp_path_factory, data, pieces):
    path = tmp_path_factory.mktemp("file") / "f"
    whole = data + bytes(pieces << 20)
    path.write_bytes(whole)

    assert digest_of_file(path) == hashlib.sha256(whole).hexdigest()
