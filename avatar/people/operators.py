"""Appoint operators, set the approval policy, approve productions."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Literal

from avatar.consent.entries import Appointed, Approved, Fact, PolicySet, Refused
from avatar.consent.keys import Key
from avatar.consent.ledger import Ledger
from avatar.consent.permission import require_role
from avatar.consent.roles import Appointment, Approval, ApprovalPolicy, Role
from avatar.errors import ConsentError, InputError, RoleError

_EMPTY_SIGNATURE = "0" * 128


@dataclass(frozen=True)
class Operators:
    """The operators of a ledger, as the one with *key* deals with them."""

    ledger: Ledger
    key: Key

    def appoint(self, key: str, roles: tuple[Role, ...]) -> int:
        """Give exactly *roles* (none: dismiss) to the operator with the public *key*; return the ledger index.

        Raises:
            RoleError: whoever acts may not appoint.
            InputError: nobody could appoint any more.
        """
        require_role(self.ledger, Role.APPOINT, "Appoint")
        unsigned = Appointment(
            record_id=token_hex(16), key=key, roles=tuple(sorted(set(roles))), by=self._me, signature=_EMPTY_SIGNATURE
        )
        if Role.APPOINT not in roles and not self._others_appoint(key):
            raise InputError(
                "then nobody could appoint operators any more; give someone else that role first", code="role.last"
            )
        return self._enter(Appointed(appointment=self._signed(unsigned)))

    def rule(self, *, approval: bool) -> int:
        """Decide whether every video needs a second operator's approval; return the ledger index."""
        require_role(self.ledger, Role.APPOINT, "Rule")
        unsigned = ApprovalPolicy(record_id=token_hex(16), approval=approval, by=self._me, signature=_EMPTY_SIGNATURE)
        return self._enter(PolicySet(rule=self._signed(unsigned)))

    def approve(self, kind: Literal["script", "video"], subject: str) -> int:
        """Let the script or video with the digest *subject* pass; return the ledger index.

        It counts for work that others do: no one approves their own production.
        """
        require_role(self.ledger, Role.APPROVE, "Approve")
        state = self.ledger.read()
        if kind == "video" and subject not in state.made:
            raise InputError(f"video {subject[:12]!r}: nothing of that name was made here", code="approval.unknown")
        if state.made.get(subject) == self._me:
            self.ledger.append(Refused(code="approval.own", request="Approve"))
            raise RoleError(
                f"{self._me} made this video: no one approves their own production; ask another operator",
                code="approval.own",
            )
        unsigned = Approval(kind=kind, subject=subject, by=self._me, signature=_EMPTY_SIGNATURE)
        return self._enter(Approved(approval=self._signed(unsigned)))

    @property
    def _me(self) -> str:
        return self.ledger.operator

    def _others_appoint(self, key: str) -> bool:
        operators = self.ledger.read().operators.values()
        return any(Role.APPOINT in each.roles for each in operators if each.key != key)

    def _signed(self, unsigned: "Appointment | ApprovalPolicy | Approval") -> "Appointment | ApprovalPolicy | Approval":
        return unsigned.model_copy(update={"signature": self.key.sign(unsigned.signed_bytes)})

    def _enter(self, fact: Fact) -> int:
        try:
            return self.ledger.append(fact)
        except ConsentError as error:
            self.ledger.append(Refused(code=error.code, request=type(fact).__name__))
            raise RoleError(str(error), code=error.code) from error
