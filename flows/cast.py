"""Resolve a cast for Prefect without showing any name but the one that was asked for."""

from avatar.app.context import AppContext
from avatar.errors import InputError
from avatar.people.directory import Person


def found(context: AppContext, alias: str, where: str = "") -> Person:
    """Return the person called *alias*; *where* names the field that asks.

    Raises:
        InputError: there is none. The library's own sentence lists who is enrolled; this one does not.
    """
    try:
        return context.people.find(alias)
    except InputError as error:
        raise InputError(
            f"{where}nobody here is called {alias!r} (avatar people lists who is)", code=error.code
        ) from None
