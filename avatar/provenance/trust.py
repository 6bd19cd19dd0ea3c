"""Trust anchors of a verifier."""

from dataclasses import dataclass

from cryptography import x509

from avatar.errors import CredentialError
from avatar.stages.request import Signer


@dataclass(frozen=True)
class Trust:
    """The *roots* (PEM) a chain may end in, and the *signers* under them: serial numbers of their certificates.

    A root alone would believe whomever it ever certified; a serial number under a root names one certificate
    (RFC 5280, 4.1.2.2). After a rotation the old signers stay in the list. For time-stamps, *roots* also holds the
    root of the authority.
    """

    roots: str
    signers: frozenset[int]

    @classmethod
    def in_(cls, *signers: Signer) -> "Trust":
        """Believe *signers*, and nobody else under their roots."""
        try:
            serials = [x509.load_pem_x509_certificates(s.chain.encode())[0].serial_number for s in signers]
        except ValueError as error:
            raise CredentialError(
                "a signer's chain holds no certificate in PEM", code="credential.chain-unreadable"
            ) from error
        return cls("".join(dict.fromkeys(signer.root for signer in signers)), frozenset(serials))
