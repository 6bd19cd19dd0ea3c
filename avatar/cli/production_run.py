"""Running a production on the command line: progress, files, and what it cost."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import typer

from avatar.app.context import AppContext, open_app, open_studio
from avatar.app.delivery import Delivered, deliver, write_report
from avatar.app.propagate import propagate_consent_change
from avatar.artifacts.artifact import FACE_GAPS, Artifact, Footage, SignedVideo
from avatar.cli.output import note, step
from avatar.cli.progress import Progress
from avatar.consent.brief import Brief
from avatar.consent.entries import Refused
from avatar.errors import WorkerError
from avatar.media.face_gaps import FrameRange, format_ranges, read_face_gaps
from avatar.production.production import Production, direct
from avatar.runtime.jit import is_compiled
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Request
from avatar.studio.workers.channel import StudioFactory
from avatar.studio.workers.pool import Workers
from avatar.studio.workers.zygote import Zygote

A = TypeVar("A", bound=Artifact)
T = TypeVar("T")
U = TypeVar("U")


Plan = Callable[[AppContext], Production]


def make(plan: Plan, place: Callable[[Production], Path], template: Zygote) -> Path:
    """Make the production of *plan* by copies of *template*, and say what was done; return the folder of its files.

    *place* names that folder.
    """
    started = time.monotonic()
    with Progress() as progress:
        context = open_app(progress.tell)
        opening = StudioFactory.of(open_studio, settings=context.settings.model_dump(mode="json"))
        with Workers(opening, progress.tell, template) as workers:
            with step("checking what was asked for"):
                production = plan(context)
            out = place(production)
            if not is_compiled():
                note("The first video on a machine takes about half a minute more: its loops are compiled once.")
            progress.begin(len(production.script))
            signed = _directed(context, production, workers)
    with step("verifying the video and writing its files"):
        delivered = deliver(context, signed, out)
    cost = {"seconds": time.monotonic() - started, "cpu_seconds": sum(os.times()[:4])}  # the workers' are in it
    report = _report(context, signed, delivered, progress, cost)
    write_report(out / "report.json", report)
    with step("telling public statuses and webhooks"):
        propagate_consent_change(context)
    _tell(delivered, report)
    return out


def _directed(context: AppContext, production: Production, workers: Workers) -> SignedVideo:
    halt = Event()
    studio, brief = replace(context.studio, is_cancelled=halt.is_set), production.asks

    def perform(request: Request[A], choice: EngineSpec) -> A:
        if request.output_type is Footage:  # only described: nothing is drawn before a worker renders
            return studio.perform(request, choice, brief)
        return studio.remembered(request, choice, brief) or _worked(context, workers, request, choice, brief)

    def each(function: Callable[[T], U], things: Iterable[T]) -> list[U]:
        made: list[U] = _several(context.settings.workers, halt)(function, things)
        workers.dismiss()  # what follows is one piece of work, and needs the memory of one
        return made

    return direct(production, perform, each)


def _worked(context: AppContext, workers: Workers, request: Request[A], choice: EngineSpec, brief: Brief) -> A:
    try:
        return workers.perform(request, choice, brief)
    except WorkerError as error:  # what else is refused, the worker has recorded
        context.ledger.append(Refused(code=error.code, request=type(request).__name__))
        raise


def _several(workers: int, halt: Event) -> Any:
    def each(function: Callable[[T], U], things: Iterable[T]) -> list[U]:
        pool = ThreadPoolExecutor(workers, thread_name_prefix="line")
        futures = [pool.submit(function, thing) for thing in things]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in filter(_failed, futures):  # of several that failed, the first one says why
                future.result()
            return [future.result() for future in futures]
        except BaseException:
            halt.set()  # nobody waits for the other lines: they end when they next ask whether they may go on
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    return each


def _failed(future: Future[Any]) -> bool:
    return future.done() and future.exception() is not None


def _report(
    context: AppContext, signed: SignedVideo, delivered: Delivered, progress: Progress, cost: dict[str, float]
) -> dict[str, Any]:
    from avatar.media.decode import decode

    frames = decode(delivered.video)
    (unsigned,) = context.store.manifest(signed.digest).inputs
    return {
        "signed_video": signed.digest,
        "video": unsigned,
        "video_seconds": float(frames.count / frames.format.rate),
        "size": [frames.format.width, frames.format.height],
        "rate": str(frames.format.rate),
        "without_face": [[float(each / frames.format.rate) for each in pair] for pair in _faceless(delivered)],
        **{name: round(value, 3) for name, value in cost.items()},
        "stages": progress.stages(),
        "lines": progress.lines(),
        "verdict": delivered.verdict.as_json(),
    }


def _faceless(delivered: Delivered) -> list[FrameRange]:
    told = delivered.folder / FACE_GAPS
    return read_face_gaps(told) if told.exists() else []


def _tell(delivered: Delivered, report: dict[str, Any]) -> None:
    typer.echo()
    for path in sorted(delivered.folder.iterdir()):
        if not path.name.startswith("."):
            typer.echo(f"  {path}")
    if report["without_face"]:
        rate = Fraction(report["rate"])
        typer.echo(f"\nNo face was seen, and nothing changed, at {format_ranges(_faceless(delivered), rate)}.")
    made = sum(stage["performed"] for stage in report["stages"].values())
    recalled = sum(stage["recalled"] for stage in report["stages"].values())
    typer.echo(
        f"\n{report['video_seconds']:.1f} s of video in {report['seconds']:.1f} s ({report['cpu_seconds']:.1f} s of "
        f"processor): {made} requests performed, {recalled} recalled.\n"
        f"Signed and trusted; check it any time: avatar verify {delivered.video}"
    )
