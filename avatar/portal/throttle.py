"""Throttling of failed attempts, and one-time login challenges."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_urlsafe

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from avatar.errors import InputError

CHALLENGE_LIFETIME_S = 120
MAX_OPEN_CHALLENGES = 1000


@dataclass
class FailureLimiter:
    """Refuse a client more secrets to try after *max_failures* wrong ones within *window_s* seconds (moving window).

    Counts lie in *storage*: in memory for one process; processes that answer side by side share one of ``limits``.
    """

    max_failures: int = 10
    window_s: int = 60
    storage: Storage = field(default_factory=MemoryStorage)

    def wrong(self, client: str) -> None:
        """Count a failed attempt of *client*."""
        self._limiter.hit(self._limit, client)

    def check(self, client: str) -> None:
        """Refuse *client* for now if it failed too often.

        Raises:
            InputError: ``page.too-often``.
        """
        if not self._limiter.test(self._limit, client):
            raise InputError("too many links or codes that are not known here; wait a minute", code="page.too-often")

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        return MovingWindowRateLimiter(self.storage)

    @cached_property
    def _limit(self) -> RateLimitItemPerSecond:
        return RateLimitItemPerSecond(self.max_failures, self.window_s)


@dataclass
class LoginChallenges:
    """Challenges of a challenge-response login: random challenges, each good for one answer and two minutes."""

    clock: Callable[[], float] = time.monotonic
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)

    def ask(self, code: str, origin: str) -> str:
        """Return a new question for whoever says that they are *code*.

        It begins like nothing else that a person ever signs, and names the place it is asked at.
        """
        self._open = {each: (who, until) for each, (who, until) in self._open.items() if until > self.clock()}
        while len(self._open) >= MAX_OPEN_CHALLENGES:
            self._open.pop(next(iter(self._open)))
        question = f"avatar-visit {origin} {token_urlsafe(32)}"
        self._open[question] = (code, self.clock() + CHALLENGE_LIFETIME_S)
        return question

    def take(self, question: str, code: str) -> bool:
        """Return whether *question* was asked of *code*, lately, and not answered before."""
        who, until = self._open.pop(question, ("", 0.0))
        return who == code and until > self.clock()
