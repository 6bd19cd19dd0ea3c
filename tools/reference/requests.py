"""The page of requests: each piece of work, what it takes, gives and uses."""

from typing import Any, get_args, get_origin, get_type_hints

from avatar.artifacts.artifact import Artifact
from avatar.stages.catalogue import REQUESTS
from avatar.stages.request import Request
from tools.reference.markdown import code, summary, table

_HEAD = """# Requests

A production is a chain of requests, each carried out by an engine. Before, while and after an engine works, the gate
asks about the use of the request and every use in the ancestry of its material. A line of the script takes, in this
order: `CloneVoice` (or `CutVoiceover`), `AnimateFace` (or `Excerpt` of given footage), `SwapFace` and `RefineLips`
where the blueprint has them, `Render`. `LearnVoice` comes before all lines, `Assemble` and `Publish` after them.
"""


def page() -> str:
    """Return a table of all requests."""
    rows = (
        (
            code(name),
            _takes(kind),
            code(kind.output_type.__name__),
            code(kind.use or "") or "none",
            summary(kind.__doc__),
        )
        for name, kind in REQUESTS.items()
    )
    return _HEAD + "\n" + table(("request", "takes", "gives", "use", "what it asks for"), rows)


def _takes(kind: type[Request[Any]]) -> str:
    hints = get_type_hints(kind)
    names = [_artifact(hints[name]) for name in kind.__dataclass_fields__]
    return ", ".join(dict.fromkeys(code(name) for name in names if name))


def _artifact(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return _artifact(get_args(hint)[0])
    return hint.__name__ if isinstance(hint, type) and issubclass(hint, Artifact) else ""
