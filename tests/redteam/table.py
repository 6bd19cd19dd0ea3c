"""Writes docs/red-team.md from what the cases say of themselves: ``python -m tests.redteam.table``."""

import importlib
import inspect
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.redteam.cases import CLASSES, COUNTERMEASURES, Attack
from tools.mutants import HANGS, MUTANTS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "red-team.md"

_HEAD = """# The red team

{count} attacks on this product, by class. Each is a test under [`tests/redteam`](../tests/redteam): it ends in the
reason code beside it, with an entry in the ledger (or, where nothing is refused, harmlessly in the way the table says),
and nothing that could be published is left behind. Entries are missing (—) where the ledger itself was attacked,
or where whoever checks has none at hand: a reader of blueprints or weights, an outsider with a proof.

This page is made from the tests (`python -m tests.redteam.table`); a test holds it to them.

What stops an attack is named in the third column and explained [below](#countermeasures). Removing one makes its cases
fail: `python -m tools.mutate_countermeasures` takes them out one by one, in a copy, and runs the cases; {mutants}
mutants of {mutated} countermeasures are kept for that. A thousand hostile media files are brought to the door by
`python -m benchmarks.fuzz_media`.
"""


@dataclass(frozen=True)
class Case:
    """An attack and the test that is its case: class, file below tests/redteam, function."""

    letter: str
    file: str
    function: str
    attack: Attack

    @property
    def test(self) -> str:
        """Name the test as pytest does."""
        return f"tests/redteam/{self.file}::{self.function}"


def cases() -> Iterator[Case]:
    """Yield every case, by class, file and place in it."""
    for path in sorted(HERE.glob("*_*/test_*.py")):
        file = path.relative_to(HERE).as_posix()
        module = importlib.import_module(f"tests.redteam.{file.removesuffix('.py').replace('/', '.')}")
        found = [
            (name, each) for name, each in vars(module).items() if isinstance(getattr(each, "attack", None), Attack)
        ]
        for name, function in sorted(found, key=lambda pair: inspect.getsourcelines(pair[1])[1]):
            if name.startswith("test_"):
                yield Case(file[0], file, name, function.attack)


def document() -> str:
    """Return the page."""
    everything = list(cases())
    kept = (*MUTANTS, *HANGS)
    mutated = {mutant.name for mutant in kept}
    parts = [_HEAD.format(count=len(everything), mutants=len(kept), mutated=len(mutated))]
    for letter, title in CLASSES.items():
        own = [case for case in everything if case.letter == letter]
        rows = "\n".join(_row(case) for case in own)
        parts.append(f"## {title}\n\n| attack | ends as | stopped by | entry | case |\n|---|---|---|---|---|\n{rows}\n")
    used = {case.attack.by for case in everything}
    mutants = Counter(mutant.name for mutant in kept)
    rows = "\n".join(
        f"| {name} | {says} | {mutants[name] or '—'} |" for name, says in COUNTERMEASURES.items() if name in used
    )
    parts.append(f"## Countermeasures\n\n| name | what it is | mutants |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(case: Case) -> str:
    attack = case.attack
    ends = f"`{attack.code}`" if attack.code else attack.harmless
    entry = "yes" if attack.code and attack.entry else "—"
    link = f"[{case.function.removeprefix('test_').replace('_', ' ')}](../tests/redteam/{case.file})"
    return f"| {attack.what} | {ends} | {attack.by} | {entry} | {link} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
    sys.stdout.write(f"{DOCUMENT.relative_to(ROOT)}: {len(list(cases()))} attacks\n")
