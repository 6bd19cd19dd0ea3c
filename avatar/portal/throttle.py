"""Secrets that come from outside: how often someone may be wrong, and questions that are answered once."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe

from avatar.errors import InputError

_SECONDS = 120  # that a question waits for its answer
_MOST = 1000  # questions open at a time


@dataclass
class FailureLimiter:
    """Refuses a client more secrets to try after *most* wrong ones in *seconds*."""

    most: int = 10
    seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, deque[float]] = field(default_factory=dict)

    def wrong(self, client: str) -> None:
        """Count a wrong try of *client*."""
        self._wrong = {each: tries for each, tries in self._wrong.items() if self._recent(tries)}
        self._wrong.setdefault(client, deque(maxlen=self.most)).append(self.clock())

    def check(self, client: str) -> None:
        """Refuse *client* for now if it guessed too often.

        Raises:
            InputError: ``page.too-often``.
        """
        tries = self._wrong.get(client, deque())
        if self._recent(tries) and len(tries) == self.most and tries[0] > self.clock() - self.seconds:
            raise InputError("too many links or codes that are not known here; wait a minute", code="page.too-often")

    def _recent(self, tries: deque[float]) -> bool:
        return bool(tries) and tries[-1] > self.clock() - self.seconds


@dataclass
class LoginChallenges:
    """Random questions, each good for one answer and two minutes."""

    clock: Callable[[], float] = time.monotonic
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)

    def ask(self, code: str, origin: str) -> str:
        """Return a new question for whoever says that they are *code*.

        It begins like nothing else that a person ever signs, and names the place it is asked at.
        """
        self._open = {each: (who, until) for each, (who, until) in self._open.items() if until > self.clock()}
        while len(self._open) >= _MOST:
            self._open.pop(next(iter(self._open)))
        question = f"avatar-visit {origin} {token_urlsafe(32)}"
        self._open[question] = (code, self.clock() + _SECONDS)
        return question

    def take(self, question: str, code: str) -> bool:
        """Return whether *question* was asked of *code*, lately, and not answered before."""
        who, until = self._open.pop(question, ("", 0.0))
        return who == code and until > self.clock()
