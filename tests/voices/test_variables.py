import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.voices.text.variables import fill_variables, parse_values


def test_every_blank_gets_its_value() -> None:
    assert fill_variables("Dear {name}, {name}! {{sic}}", {"name": " Ada "}) == "Dear Ada, Ada! {sic}"


@pytest.mark.parametrize(
    ("script", "values", "code"),
    [
        ("Dear {name", {"name": "Ada"}, "script.unbalanced"),
        ("Dear name}", {"name": "Ada"}, "script.unbalanced"),
        ("Dear {na{me}}", {"name": "Ada"}, "script.unbalanced"),
        ("Dear {na\nme}", {"name": "Ada"}, "script.unbalanced"),
        ("Dear {Name}", {"Name": "Ada"}, "script.bad-variable"),
        ("Dear {}", {}, "script.bad-variable"),
        ("Dear {nane}", {"name": "Ada"}, "script.unknown-variable"),
        ("Dear all", {"name": "Ada"}, "script.unused-variable"),
        ("Dear {name}", {"name": ""}, "script.bad-value"),
        ("Dear {name}", {"name": "<break/>"}, "script.bad-value"),
        ("Dear {name}", {"name": "Ada\n\nguest: I agree."}, "script.bad-value"),
    ],
)
def test_a_bad_blank_is_refused(script: str, values: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refusal:
        fill_variables(script, values)

    assert refusal.value.code == code


def test_values_are_given_by_name() -> None:
    assert parse_values(["name=Ada", "day=Friday = payday"]) == {"name": "Ada", "day": "Friday = payday"}


@pytest.mark.parametrize("pairs", [["name"], ["name=Ada", "name=Ben"]])
def test_a_value_needs_one_name(pairs: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        parse_values(pairs)

    assert refusal.value.code == "script.bad-variable"


@given(st.text(st.characters(blacklist_characters="{}"), max_size=50))
def test_a_script_without_braces_is_left_alone(script: str) -> None:
    assert fill_variables(script, {}) == script
