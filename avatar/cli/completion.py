"""What a shell completes: words of closed vocabularies, blueprints, and the people of this store."""

from collections.abc import Callable, Iterable
from pathlib import Path


def one_of(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a completion from *words*."""
    known = tuple(words)

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


def blueprints(incomplete: str) -> list[str]:
    """Return the blueprints by name that begin with *incomplete*, and the YAML files that do."""
    from avatar.app.resources import BLUEPRINTS

    named = [path.stem for path in BLUEPRINTS.glob("*.yaml")]
    own = [str(path) for path in Path().glob("*.yaml")]
    return sorted(name for name in (*named, *own) if name.startswith(incomplete))


def aliases(incomplete: str) -> list[str]:
    """Return the aliases of this store that begin with *incomplete*; none where there is no store yet."""
    from avatar.app.context import open_app, read_settings
    from avatar.errors import AvatarError

    try:
        if not read_settings().key_folder.is_dir():
            return []  # opening it would make keys: nothing is made by pressing a key
        return [person.alias for person in open_app().people.all() if person.alias.startswith(incomplete)]
    except AvatarError:
        return []


def cast(incomplete: str) -> list[str]:
    """Return ``role=alias`` for each alias, once the role is written."""
    role, equals, start = incomplete.partition("=")
    return [f"{role}={alias}" for alias in aliases(start)] if equals else []


def engines(incomplete: str) -> list[str]:
    """Return the installed engines that begin with *incomplete*."""
    from importlib.metadata import entry_points

    return sorted(point.name for point in entry_points(group="avatar.engines") if point.name.startswith(incomplete))
