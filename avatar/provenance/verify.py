"""Verify a file: its C2PA credential, its signer, its consent in the ledger.

A credential that the C2PA library calls *Trusted* is not enough. Measured with c2pa-rs 0.91: a trusted signer may
build on a tampered parent; most bits of ``ftyp`` and of the credential's padding are outside every hash, and so are
free and skip boxes. So a file is trusted when the library trusts it, and its signer is one we named, and nothing it
was made from fails, and it has no box more than we write, and its every byte stands in the ledger.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from avatar.canonical import digest_of_file
from avatar.errors import AvatarError, CredentialError, InputError
from avatar.media.mp4 import NotMp4Error
from avatar.provenance.assertion import Disclosure
from avatar.provenance.credential import Credential, read_credential
from avatar.provenance.mp4_layout import is_canonical, read_layout
from avatar.provenance.trust import Trust
from avatar.provenance.verdict import LedgerFacts, Reason, Verdict

LedgerSays = Callable[[str], LedgerFacts | None]  # sha256 of a file -> what the ledger knows of it

# By the beginning of the C2PA status code (C2PA 2.4, 15.2.2), the first that fits.
_FAILURE_REASONS = {
    "assertion.bmffHash": Reason(
        "media.altered", "The picture or the sound was altered, or the credential was taken from another file."
    ),
    "assertion": Reason("credential.altered", "What the credential states was altered after it was signed."),
    "claimSignature.outsideValidity": Reason("signer.expired", "It was signed outside the certificate's validity."),
    "claimSignature": Reason("credential.bad-signature", "The signature does not belong to this credential."),
    "signingCredential.untrusted": Reason(
        "signer.unknown-root", "The signer's certificate does not lead to a root that we trust."
    ),
    "signingCredential.expired": Reason("signer.expired", "The signer's certificate has expired."),
    "signingCredential": Reason("signer.invalid", "The signer's certificate is not fit for signing claims."),
    "timeStamp": Reason("timestamp.untrusted", "The time-stamp does not hold."),
    "ingredient": Reason("ingredient.failed", "Something it was made from does not hold."),
}
_INVALID = Reason("credential.invalid", "The credential does not hold.")


def verify(path: Path, trust: Trust, ledger_says: LedgerSays | None = None) -> Verdict:
    """Check the file at *path*, whole, against *trust* and the ledger; ``None``: the ledger is not at hand.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", code="file.missing")
    digest = digest_of_file(path)
    reasons = list(_container(path))
    try:
        credential = read_credential(path, trust)
    except CredentialError as error:
        lost = Reason(error.code, _sentence(error))
        return Verdict(digest, (*reasons, lost), ())
    reasons += _library(credential)
    reasons += _signer(credential, trust)
    reasons += _disclosed(credential)
    intact = (
        () if reasons else ("The file is signed and intact: picture, sound and statement are as they were signed.",)
    )
    holds = (*intact, *_believed(credential, trust))
    entry, doubts = _ledger(digest, credential.disclosure, ledger_says)
    recorded = (
        () if doubts or not entry else (f"The ledger {entry.origin} holds this very file as entry {entry.index}.",)
    )
    return Verdict(digest, (*reasons, *doubts), (*holds, *recorded), credential, entry)


def _sentence(error: AvatarError) -> str:
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def _container(path: Path) -> Iterator[Reason]:
    try:
        found = read_layout(path)
    except NotMp4Error:
        yield Reason("file.truncated", "The file is not a whole mp4: it was cut off or damaged, or is something else.")
        return
    if not is_canonical(found):
        kinds = ", ".join(box.kind if box.kind.isalnum() else "?" for box in found)
        yield Reason("file.foreign-boxes", f"The file is not laid out as we write it: its boxes are {kinds}.")


def _library(credential: Credential) -> Iterator[Reason]:
    yield from dict.fromkeys(_reason(code) for code in credential.failures)
    if credential.ingredient_failures:
        codes = ", ".join(credential.ingredient_failures)
        yield Reason("ingredient.failed", f"Something it was made from does not hold: {codes}.")
    if not credential.failures and credential.state != "Trusted":
        yield _INVALID
    # The library leaves a file Trusted whose time-stamp it could not trust.
    stamped = any(note.startswith("timeStamp.") for note in credential.notes)
    if stamped and "timeStamp.trusted" not in credential.notes:
        yield _FAILURE_REASONS["timeStamp"]


def _reason(code: str) -> Reason:
    return next((reason for start, reason in _FAILURE_REASONS.items() if code.startswith(start)), _INVALID)


def _signer(credential: Credential, trust: Trust) -> Iterator[Reason]:
    if credential.serial not in trust.signers:
        yield Reason("signer.not-pinned", f"{credential.signer} is not among the signers that we named.")


def _believed(credential: Credential, trust: Trust) -> Iterator[str]:
    proven = {"signingCredential.trusted", "claimSignature.validated"} <= credential.notes
    if proven and credential.serial in trust.signers:
        yield f"The signer is {credential.signer}: one we named, under a root that we trust."
    if "timeStamp.trusted" in credential.notes:
        yield f"A trusted time-stamp says {credential.time}."


def _disclosed(credential: Credential) -> Iterator[Reason]:
    if credential.disclosure is None:
        yield Reason("credential.no-consent", "The credential does not say on whose agreement the video stands.")


def _ledger(
    digest: str, disclosure: Disclosure | None, ledger_says: LedgerSays | None
) -> tuple[LedgerFacts | None, tuple[Reason, ...]]:
    if ledger_says is None:
        gone = "The ledger is not at hand: nobody can tell whether this file was let out, or consent taken back since."
        return None, (Reason("ledger.not-at-hand", gone),)
    try:
        entry = ledger_says(digest)
    except AvatarError as error:
        return None, (Reason(error.code, _sentence(error)),)
    if entry is None:
        return None, (
            Reason("ledger.unknown-file", "The ledger never let this very file out: not one byte may differ."),
        )
    return entry, tuple(_doubts(entry, disclosure))


def _doubts(entry: LedgerFacts, disclosure: Disclosure | None) -> Iterator[Reason]:
    if disclosure and not _agree(entry, disclosure):
        yield Reason("ledger.contradicts", "The ledger names other people, or another place, than the credential.")
    for person in entry.withdrawn:
        yield Reason("consent.withdrawn", f"{person} has withdrawn consent since this file was let out.")


def _agree(entry: LedgerFacts, disclosure: Disclosure) -> bool:
    # Not the grants: consent is decided anew after signing, and a grant may have been renewed in between.
    return (
        entry.origin == disclosure.decided.origin
        and entry.index > disclosure.decided.index
        and set(entry.people) == {each.person for each in disclosure.people}
    )
