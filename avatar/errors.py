"""Every error this library raises on purpose, each with a reason code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


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


class CombinedInputError(InputError):
    """Several faults of one input, told at once: a line each, and the code of the first."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__("\n".join(str(error) for error in errors), code=errors[0].code)
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[object, ...]:
        return CombinedInputError, (self.errors,)


class InputFaults:
    """Collects what is wrong with the parts of one input, so that all of it is told at once."""

    def __init__(self) -> None:
        self.errors: list[InputError] = []

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Go on after an InputError of the block, and remember it."""
        try:
            yield
        except CombinedInputError as several:
            self.errors += several.errors
        except InputError as error:
            self.errors.append(error)

    def raise_found(self) -> None:
        """Raise what was collected, if anything was.

        Raises:
            InputError: the one fault, or ``CombinedInputError``.
        """
        if len(self.errors) > 1:
            raise CombinedInputError(self.errors)
        for error in self.errors:
            raise error


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
