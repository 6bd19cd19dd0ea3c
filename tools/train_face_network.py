"""Train the mouth encoder on synthetic speech and write its weights (dev-time; about 40 minutes of one core).

Usage: python tools/train_face_network.py OUT.safetensors --cache FOLDER [--utterances 1200] [--guests 700]
       [--steps 1800] [--more 1000] [--seed 1]; ``flite`` must be on the path

The recipe is this file and ``face_speech.py``: the same seed makes the same speech and draws the same examples, and one
thread adds the same sums. Both halves resume: speech lies in the cache in parts of 50 utterances, training goes on from
the last checkpoint there. One utterance in 20 is held out; the error on them is printed, beside that of a mouth that
stands still.
"""

import argparse
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from face_speech import PHONES, Example, Studio
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from avatar.faces.mouth_encoder import EVENTS, SHAPES, network
from avatar.voices.bands import BANDS, log_bands

_PART = 50  # utterances in a file of the cache
_HELD = 20  # every 20th utterance is never trained on
_BATCH, _STEPS = 8, 150  # examples in a batch, and how many steps of 20 ms each is long: 3 s
_RATE, _WARM = 2e-3, 150  # learning rate at its highest, and after how many batches
_TELL = 100  # batches between two reports, and between two checkpoints
# How much each shape counts: a jaw that is wrong by a tenth is seen at once, a tongue hardly.
_WEIGHTS = {"jawOpen": 6.0, "mouthPucker": 2.0, "mouthFunnel": 2.0, "tongueOut": 0.5}
Batch = tuple[Any, Any, Any, Any]


def main() -> None:
    """Make the speech, train, and write the weights."""
    asked = _options()
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    own = _speech(asked.cache, asked.utterances, asked.seed, "example")
    guests = _speech(asked.cache, asked.guests, asked.seed, "guest")
    trained = _trained(_kept(own), _kept(guests), [*own[::_HELD], *guests[::_HELD]], asked)
    weights = {name: value.half().contiguous() for name, value in trained.state_dict().items()}
    save_file(weights, asked.out)


def _kept(examples: list[Example]) -> list[Example]:
    return [each for at, each in enumerate(examples) if at % _HELD]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=1200)
    parser.add_argument("--guests", type=int, default=700)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--more", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _speech(cache: Path, count: int, seed: int, kind: str) -> list[Example]:
    """Return *count* utterances, made by ``Studio.example`` or ``Studio.guest``."""
    cache.mkdir(parents=True, exist_ok=True)
    studio, examples = None, []
    for start in range(0, count, _PART):
        part = cache / f"{kind}-{seed}-{start}.npz"
        if not part.exists():
            studio = studio or Studio()
            say = getattr(studio, kind)
            made = [say(np.random.default_rng([seed, start + at])) for at in range(_PART)]
            _write(part, made)
        examples += _read(part)
    return examples[:count]


def _write(part: Path, made: list[Example]) -> None:
    """Keep *made*: powers as powers of ten in half precision, which is finer than any noise they will meet."""
    beside = part.with_suffix(".part.npz")
    logs = [np.log10(np.maximum(each.powers, 1e-12)).astype(np.float16) for each in made]
    np.savez(
        beside,
        lengths=[len(each.shapes) for each in made],
        powers=np.concatenate(logs),
        shapes=np.concatenate([each.shapes for each in made]),
        events=np.concatenate([each.events for each in made]),
        phones=np.concatenate([each.phones for each in made]),
    )
    beside.replace(part)


def _read(part: Path) -> list[Example]:
    with np.load(part) as kept:
        ends = np.cumsum(kept["lengths"])[:-1]
        powers = np.split(10 ** kept["powers"].astype(np.float32), 2 * ends)
        rest = (np.split(kept[name], ends) for name in ("shapes", "events", "phones"))
        return [Example(*each) for each in zip(powers, *rest, strict=True)]


class _Taught(nn.Module):
    """The network and, while it learns, a second head that names phonemes: it teaches the layers what matters."""

    def __init__(self) -> None:
        super().__init__()
        self.mouth = network()
        self.phones = nn.Linear(self.mouth.out.in_features, len(PHONES))


def _trained(own: list[Example], guests: list[Example], held: list[Example], asked: argparse.Namespace) -> Any:
    """Train on *own* speech first, then, more gently, on all of it."""
    taught = _Taught()
    optimiser = torch.optim.AdamW(taught.parameters(), lr=_RATE, weight_decay=0.02, betas=(0.9, 0.98))
    done, checkpoint = 0, asked.cache / f"checkpoint-{asked.seed}-{asked.utterances}-{asked.steps}.pt"
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        taught.load_state_dict(stored["taught"])
        optimiser.load_state_dict(stored["optimiser"])
        torch.set_rng_state(stored["random"])
        done = stored["done"]
    started, total = time.process_time(), 0.0
    for step in range(done, asked.steps + asked.more):
        known = own if step < asked.steps else [*own, *guests]
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, asked)
        taught.train()
        loss = _loss(taught, _batch(known, np.random.default_rng([asked.seed, 1, step])))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(taught.parameters(), 1.0)
        optimiser.step()
        total += loss.item()
        if (step + 1) % _TELL == 0:
            print(f"{step + 1}: loss {total / _TELL:.4f}, {time.process_time() - started:.0f} CPU-s", flush=True)
            total = 0.0
            state = {"taught": taught.state_dict(), "optimiser": optimiser.state_dict(), "done": step + 1}
            torch.save({**state, "random": torch.get_rng_state()}, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
        if (step + 1) % (_TELL * 5) == 0 or step + 1 == asked.steps + asked.more:
            _tell(taught.mouth, held, step + 1)
    return taught.mouth.eval()


def _rate(step: int, asked: argparse.Namespace) -> float:
    """Return the learning rate: a warm start and half a cosine wave, then the same again, half as high."""
    highest, at, steps = (
        (_RATE, step, asked.steps) if step < asked.steps else (_RATE / 2, step - asked.steps, asked.more)
    )
    return highest * min((at + 1) / _WARM, 0.5 * (1 + math.cos(math.pi * at / steps)) + 0.005)


def _loss(taught: _Taught, batch: Batch) -> Any:
    bands, shapes, events, phones = batch
    hidden = taught.mouth.hidden(bands)
    out = taught.mouth.out(hidden)
    weights = torch.tensor([_WEIGHTS.get(name, 1.0) for name in SHAPES])
    off = (functional.smooth_l1_loss(out[..., : len(SHAPES)], shapes, beta=0.05, reduction="none") * weights).mean()
    told = functional.binary_cross_entropy_with_logits(out[..., len(SHAPES) :], events)
    named = functional.cross_entropy(taught.phones(hidden).flatten(0, 1), phones.flatten(), label_smoothing=0.1)
    return 20 * off + 2 * told + 0.5 * named


def _batch(known: list[Example], draw: np.random.Generator) -> Batch:
    made = [_spoilt(known, draw) for _ in range(_BATCH)]
    return tuple(torch.from_numpy(np.stack(part)) for part in zip(*made, strict=True))  # type: ignore[return-value]


def _spoilt(known: list[Example], draw: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    """Return three seconds of speech, perhaps with silence around it, as a bad microphone in a noisy place hears it."""
    power = np.zeros((2 * _STEPS, BANDS), np.float32)
    shapes, events = np.zeros((_STEPS, len(SHAPES)), np.float32), np.zeros((_STEPS, len(EVENTS)), np.float32)
    events[:, EVENTS.index("silence")] = 1
    phones, at = np.full(_STEPS, PHONES.index("SIL")), 0
    while at < _STEPS:
        at += int(draw.integers(0, 60)) if draw.random() < 0.35 else 0
        each = known[int(draw.integers(len(known)))]
        start = int(draw.integers(0, max(1, len(each.shapes) - 75)))
        some = slice(start, min(len(each.shapes), start + max(0, _STEPS - at)))
        count = some.stop - some.start
        if count <= 0:
            break
        power[2 * at : 2 * (at + count)] = each.powers[2 * some.start : 2 * some.stop]
        shapes[at : at + count], events[at : at + count] = each.shapes[some], each.events[some]
        phones[at : at + count] = each.phones[some]
        at += count
    return _noisy(power, known, draw), shapes, events, phones


def _noisy(power: Any, known: list[Example], draw: np.random.Generator) -> Any:
    """Return the log bands of *power* with another throat, another microphone, noise, and other people talking."""
    count = len(power)
    warp = np.arange(BANDS) * draw.uniform(0.94, 1.06) + draw.uniform(-1.0, 1.0)
    low = warp.clip(0, BANDS - 1.001).astype(int)
    part = (warp.clip(0, BANDS - 1.001) - low).astype(np.float32)
    power = power[:, low] * (1 - part) + power[:, low + 1] * part
    power = power * _curve(draw, 0.35)
    loud = np.percentile(power.sum(axis=1), 95) / BANDS
    if draw.random() < 0.65:
        shape = _curve(draw, 1.2) * 10 ** (draw.uniform(-1.5, 0.5) * np.linspace(0, 1, BANDS))
        wobble = draw.gamma(4, 0.25, (count, BANDS))
        level = 10 ** -draw.uniform(0.3, 5.0)
        power = power + loud * level * wobble * shape / shape.mean()
    if draw.random() < 0.25:
        other = known[int(draw.integers(len(known)))].powers
        there = np.resize(other, (count, BANDS))
        power = power + there * (loud / max(float(there.mean()), 1e-12)) * 10 ** -draw.uniform(1.0, 3.0)
    bands = log_bands(power.astype(np.float32))
    if draw.random() < 0.5:
        width, first = int(draw.integers(1, 10)), int(draw.integers(0, BANDS - 10))
        bands[:, first : first + width] = bands[:, first : first + width].mean()
    return bands


def _curve(draw: np.random.Generator, spread: float) -> Any:
    """Return a smooth random gain per band (80), *spread* powers of ten wide."""
    return (10 ** np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 7), draw.normal(0, spread / 2, 7))).astype(
        np.float32
    )


def _tell(mouth: Any, held: list[Example], step: int) -> None:
    """Print how far the mouth is off on utterances it never met, clean and as they are."""
    mouth.eval()
    with torch.inference_mode():
        out = [mouth(torch.from_numpy(log_bands(each.powers))[None])[0].numpy() for each in held]
    out, shapes, events = (np.concatenate(some) for some in (out, [e.shapes for e in held], [e.events for e in held]))
    jaw = np.corrcoef(out[:, 0], shapes[:, 0])[0, 1]
    error, still = (np.abs(some).mean() for some in (out[:, : len(SHAPES)] - shapes, shapes))
    print(f"held out after {step}: error {error:.4f} (standing still {still:.4f}), jaw correlation {jaw:.3f}")
    for at, name in enumerate(EVENTS):
        said, true = out[:, len(SHAPES) + at] > 0, events[:, at] > 0.5
        print(f"  {name}: found {said[true].mean():.3f}, right {true[said].mean() if said.any() else 0:.3f}")


if __name__ == "__main__":
    main()
