"""Sign an MP4 with a C2PA credential."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from avatar.errors import CredentialError
from avatar.provenance.credential import MP4, settings
from avatar.provenance.trust import Trust
from avatar.provenance.verify import verify
from avatar.runtime.atomic import atomic_write
from avatar.stages.request import Signer

_log = logging.getLogger(__name__)

_ALGORITHMS = {"es256": "ES256", "ed25519": "ED25519"}


def sign(video: Path, to: Path, *, statement: dict[str, Any], signer: Signer, time_stamps: str = "") -> Path:
    """Write *video* with *statement*, signed by *signer*, to the new file *to*, and return *to*.

    Signing comes last: any remux strips the credential. What is signed is verified (all but its ledger entry, which is
    yet to come) before it gets its name, so a failure leaves nothing. *time_stamps* is the URL of an RFC 3161
    authority, empty for none; it is the only thing here that reaches for the network.

    Raises:
        CredentialError: the signer failed, or the signed file does not verify.
    """
    with atomic_write(to) as beside:
        _write(video, beside, statement, signer, time_stamps)
        _refuse_unverified(beside, signer, {"ledger.not-at-hand"})
    _log.info("signed %s", to.name)
    return to


def sign_derived(
    video: Path, to: Path, *, statement: dict[str, Any], made_from: Sequence[Path], signer: Signer
) -> Path:
    """Write *video* like ``sign``, with the credentials of the mp4 files *made_from* kept inside its own.

    It stands on nobody's agreement itself: those of what it was made from are in theirs. So it is signed, but never
    what ``verify`` calls trusted: the ledger did not let it out.
    """
    with atomic_write(to) as beside:
        _write(video, beside, statement, signer, "", made_from)
        _refuse_unverified(beside, signer, {"ledger.not-at-hand", "credential.no-consent"})
    return to


class _Callback:
    """Calls the signer for the library, which swallows what goes wrong, and remembers it."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.error: Exception | None = None

    def __call__(self, data: bytes) -> bytes:
        try:
            return self._signer.sign(data)
        except Exception as error:  # whatever a key service raises, the library must hear "no signature"
            self.error = error
            return b""


def _write(  # noqa: PLR0913, PLR0917 - all that one signature needs
    video: Path,
    to: Path,
    statement: dict[str, Any],
    signer: Signer,
    time_stamps: str,
    made_from: Sequence[Path] = (),
) -> None:
    import c2pa

    algorithm = _algorithm(signer)
    callback = _Callback(signer)
    try:
        # Objects of this library are not safe to share between threads: they live and die here.
        with (
            c2pa.Signer.from_callback(callback, algorithm, signer.chain, time_stamps or None) as key,
            c2pa.Context.from_dict(settings(signer.root), signer=key) as context,
            c2pa.Builder(json.dumps(statement), context=context) as builder,
            video.open("rb") as source,
            to.open("w+b") as signed,
        ):
            for number, path in enumerate(made_from):
                with path.open("rb") as ingredient:
                    builder.add_ingredient(ingredient_named(number), MP4, ingredient)
            builder.sign(MP4, source, signed)
    except c2pa.C2paError as error:
        cause = callback.error or error
        raise CredentialError(f"{video.name} could not be signed: {cause}", code="credential.not-signed") from cause


def _algorithm(signer: Signer) -> Any:
    import c2pa

    if signer.algorithm not in _ALGORITHMS:
        raise CredentialError(
            f"the signer's algorithm is {signer.algorithm!r}; we sign with {' or '.join(_ALGORITHMS)}",
            code="credential.key-kind",
        )
    return c2pa.C2paSigningAlg[_ALGORITHMS[signer.algorithm]]


def ingredient_named(number: int) -> dict[str, str]:
    """Return what stands for file *number* of those that a derived file was made from."""
    return {"title": f"Version {number + 1}", "relationship": "componentOf", "instance_id": f"urn:version:{number + 1}"}


def _refuse_unverified(signed: Path, signer: Signer, open_points: set[str]) -> None:
    verdict = verify(signed, Trust.in_(signer))
    wrong = [reason for reason in verdict.reasons if reason.code not in open_points]
    if wrong:
        raise CredentialError(f"the signed file does not verify: {wrong[0].sentence}", code=wrong[0].code)
