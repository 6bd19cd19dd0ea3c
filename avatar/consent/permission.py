"""Role check: does the acting operator have the role that this work needs?"""

from avatar.consent.entries import Refused
from avatar.consent.ledger import Ledger
from avatar.consent.roles import Role
from avatar.errors import RoleError


def require_role(ledger: Ledger, role: Role, doing: str) -> None:
    """Check that the operator of *ledger* has *role*; what they are *doing* goes into the record of a refusal.

    Raises:
        RoleError: they do not have it.
    """
    operator = ledger.read().operators.get(ledger.operator)
    if operator is None or role not in operator.roles:
        ledger.append(Refused(code="role.missing", request=doing))
        raise RoleError(
            f"{ledger.operator} may not {role} here; whoever appoints operators can give that role "
            f"(avatar operators appoint KEY --role {role})",
            code="role.missing",
        )
