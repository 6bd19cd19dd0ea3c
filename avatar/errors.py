"""Every error this library raises on purpose, each with a reason code."""


class AvatarError(Exception):
    """Something this library can explain: a sentence for a person, a *code* for a machine.

    A code is two lower-case words joined by a dot: the thing, then what is wrong with it (``portrait.no-face``).
    """

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.code = code

    # Exceptions cross process borders (workers, Prefect); the default drops keyword arguments on the way.
    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), str(self), self.code)


def _rebuild(kind: type[AvatarError], sentence: str, code: str) -> AvatarError:
    return kind(sentence, code=code)


class InputError(AvatarError):
    """What came in cannot be used; the sentence names the field, the value and the fix."""


class ConsentError(AvatarError):
    """A person has not agreed to this use of their likeness. Never retried."""


class RoleError(AvatarError):
    """Whoever acts has not the role for it."""


class LedgerError(AvatarError):
    """The ledger is broken, forged or out of reach: everything stops."""


class StoreError(AvatarError):
    """The object store refused or could not be reached."""


class UnknownEngineError(AvatarError):
    """A blueprint names an engine or an option that does not exist."""


class NotInRequestError(AvatarError):
    """An engine reached for material that its request does not name."""


class WeightsError(AvatarError):
    """A weight file is missing, altered, or its licence forbids this purpose."""


class EngineError(AvatarError):
    """An engine failed at its work; the cause is chained."""


class WorkerError(AvatarError):
    """The process that did the work has ended, and nobody knows why."""


class CredentialError(AvatarError):
    """A signed file could not be made, or does not verify."""


class HaltedError(AvatarError):
    """Work was ended because what it is for has failed elsewhere."""
