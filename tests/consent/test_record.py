"""What people sign is strict: no wildcard, no surprise, never for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from avatar.consent import Use
from avatar.consent.keys import new_key, verify
from avatar.consent.record import Grant, Withdrawal

START = datetime(2030, 1, 1, tzinfo=UTC)


SCOPE = {
    "uses": ("animate-face", "clone-voice"),
    "assets": ("a" * 64, "b" * 64),
    "purposes": ("education",),
    "description": {"salt": "0" * 32, "digest": "0" * 64},
    "project": {"salt": "1" * 32, "digest": "1" * 64},
    "languages": ("en",),
    "channels": ("internal",),
    "territories": ("GB",),
    "max_outputs": 3,
    "max_seconds": 60,
}


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "record_id": "0" * 32,
        "created_at": START,
        "person": "p-00000000000000ad",
        "grantee": "a studio",
        "scope": SCOPE,
        "not_before": START,
        "not_after": START + timedelta(days=365),
        "evidence": {"kind": "attested", "operator": "o-0000000000000000"},
        "notice": {"text": "0" * 64, "version": 1},
        "signature": "0" * 128,
        **changes,
    }


def inside(**changes: Any) -> dict[str, Any]:
    return {"scope": {**SCOPE, **changes}}


def test_a_grant_says_everything():
    grant = Grant.model_validate(fields())

    assert grant.scope.uses == (Use.ANIMATE_FACE, Use.CLONE_VOICE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", "ada"),
        ("person", "*"),
        ("person", "p-00000000000000ad\n"),
        ("grantee", ""),
        ("not_after", START),
        ("not_after", START - timedelta(days=1)),
        ("not_after", START + timedelta(days=3700)),
        ("not_before", datetime(2030, 1, 1)),
        ("not_after", None),
        ("signature", None),
        ("signature", "0" * 127),
        ("schema_version", 1),
        ("age_attested", 17),
        ("sublicensing", "yes"),
        ("record_version", 2),
        ("previous", "f" * 64),
        ("reconfirm_days", 0),
        ("evidence", {"kind": "hearsay"}),
        ("evidence", {"kind": "captured", "statement": "0" * 64}),
        ("record_id", "first"),
        ("wildcard", True),
    ],
)
def test_a_grant_is_refused_when_a_field_will_not_do(field, value):
    with pytest.raises(ValidationError):
        Grant.model_validate(fields(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uses", ()),
        ("uses", ("*",)),
        ("uses", ("all",)),
        ("uses", ("clone-voice", "animate-face")),
        ("uses", ("animate-face", "animate-face")),
        ("assets", ()),
        ("assets", ("*",)),
        ("assets", ("b" * 64, "a" * 64)),
        ("assets", ("a" * 64 + "\n",)),
        ("purposes", ()),
        ("purposes", ("anything",)),
        ("languages", ()),
        ("languages", ("English",)),
        ("languages", ("*",)),
        ("channels", ()),
        ("channels", ("everywhere",)),
        ("territories", ()),
        ("territories", ("gb",)),
        ("companions", ("anyone",)),
        ("script", {"denied_topics": ("weather",)}),
        ("script", {"scripts": ("first",)}),
        ("max_outputs", 0),
        ("max_outputs", None),
        ("max_seconds", 0),
        ("wildcard", True),
    ],
)
def test_a_scope_is_refused_when_a_field_will_not_do(field, value):
    with pytest.raises(ValidationError):
        Grant.model_validate(fields(**inside(**{field: value})))


@pytest.mark.parametrize("field", list(SCOPE))
def test_no_limit_of_a_scope_can_be_left_out(field):
    with pytest.raises(ValidationError):
        Grant.model_validate(fields(scope={name: value for name, value in SCOPE.items() if name != field}))


@pytest.mark.parametrize("field", list(fields()))
def test_no_field_of_a_grant_can_be_left_out(field):
    said = fields()
    del said[field]

    with pytest.raises(ValidationError):
        Grant.model_validate(said)


def test_ten_years_are_allowed():
    Grant.model_validate(fields(not_after=START.replace(year=2040)))


def test_the_signature_covers_every_field_but_itself():
    grant = Grant.model_validate(fields())
    changes = {
        "record_id": "1" * 32,
        "person": "p-00000000000000b0",
        "grantee": "another studio",
        **inside(uses=("publish",)),
        "created_at": START + timedelta(seconds=1),
        "record_version": (2, {"previous": "f" * 64}),
        "previous": ("e" * 64, {"record_version": 2}),
        "reconfirm_days": 30,
        "evidence": {"kind": "attested", "operator": "o-1111111111111111"},
        "notice": {"text": "1" * 64, "version": 1},
        "not_before": START - timedelta(seconds=1),
        "not_after": START + timedelta(days=366),
    }

    only_one_value = {"schema_version", "age_attested", "sublicensing"}
    assert set(changes) | only_one_value | {"signature"} == set(Grant.model_fields)
    for field, value in changes.items():
        value, more = value if isinstance(value, tuple) else (value, {})
        assert Grant.model_validate(fields(**{field: value}, **more)).signed_bytes != grant.signed_bytes, field
    assert Grant.model_validate(fields(signature="1" * 128)).signed_bytes == grant.signed_bytes


def test_a_signature_survives_the_trip_through_json():
    key = new_key()
    unsigned = Grant.model_validate(fields(not_before=START + timedelta(microseconds=1)))
    grant = unsigned.model_copy(update={"signature": key.sign(unsigned.signed_bytes)})

    again = Grant.model_validate_json(grant.model_dump_json())

    assert again == grant
    assert again.digest == grant.digest
    assert verify(key.public, again.signature, again.signed_bytes)


def test_a_withdrawal_of_nothing_named_is_of_everything():
    assert Withdrawal(person="p-00000000000000ad").uses == ()
    with pytest.raises(ValidationError):
        Withdrawal.model_validate({"person": "p-00000000000000ad", "uses": ["everything"]})
