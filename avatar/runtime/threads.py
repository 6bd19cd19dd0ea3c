"""Limit numeric libraries to one thread, so that sums come out the same on every machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def limit_to_one_thread() -> None:
    """Have every numeric library use one thread, those loaded already and those loaded later."""
    # Shots run side by side, one thread each: faster in all than one shot on many threads. And the same bytes: sums
    # in BLAS and torch depend on the number of threads, so that number is fixed.
    import cv2
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = "1"  # for what is loaded later
    # Every line has another length, and oneDNN would keep what it compiled for some 75 of them, 20 MB.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    threadpool_limits(1)  # for what is loaded already
    # Not by an import: where a thread is only just loading torch, that would wait for seconds.
    limit = getattr(sys.modules.get("torch"), "set_num_threads", None)
    if limit:
        limit(1)
    cv2.setNumThreads(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra on one thread: sums in another order are other bytes."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
