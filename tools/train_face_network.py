"""Train the mouth encoder on synthetic speech and write its weights (dev-time; about half an hour of one core).

Usage: python tools/train_face_network.py OUT.safetensors --cache FOLDER [--own 500] [--guests 200] [--joe FOLDER]
       [--steps 1500] [--seed 1] [--onward WEIGHTS.safetensors]; ``flite`` must be on the path

The recipe is this file, ``face_speech.py`` and ``face_hearing.py``; ``--texts 400 FILE`` writes what ``face_joe.py`` is
to say. Every utterance is heard once as it is and twice somewhere else. Examples lie in the cache in parts of 50
utterances, training goes on from the last checkpoint there. One utterance in 20 is held out; the error on them is
printed, beside that of a mouth that stands still.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from face_hearing import PHONES, Example, clean, elsewhere
from face_signs import found
from face_speech import Spoken, Studio, sized
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from avatar.faces.geometry.blendshapes import INDEX, coefficients, neutral
from avatar.faces.geometry.rig import Rig
from avatar.faces.geometry.topology import LIPS_INNER, eye_distance
from avatar.faces.motion.mouth_encoder import EVENTS, SHAPES, build_network
from avatar.faces.motion.visemes import CONTACTS
from avatar.media.audio.io import read_sound
from avatar.runtime.atomic import atomic_write

_PART = 50  # utterances in a file of the cache
_ELSEWHERE = 2  # how often each is heard in another place
_HELD = 20  # every 20th utterance is never trained on
_BATCH, _STEPS = 10, 150  # examples in a batch, and how many steps of 20 ms each is long: 3 s
_RATE, _WARM = 2e-3, 100  # learning rate at its highest, and after how many batches
_ONWARD = 0.4  # of that rate: for a network that knows most of it already
_TELL = 100  # batches between two reports, and between two checkpoints
# How much each shape counts: a jaw that is wrong by a tenth is seen at once, a tongue hardly.
_WEIGHTS = {"jawOpen": 6.0, "mouthPucker": 2.0, "mouthFunnel": 2.0, "tongueOut": 0.5}
_ROUND = [name in ("mouthFunnel", "mouthPucker") for name in SHAPES]


def main() -> None:
    """Make the speech, train, and write the weights."""
    asked = _options()
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    asked.cache.mkdir(parents=True, exist_ok=True)
    if asked.texts:
        studio = Studio()
        said = [studio.text(np.random.default_rng([13, number])) for number in range(int(asked.texts[0]))]
        Path(asked.texts[1]).write_text(json.dumps(said), encoding="utf-8")
        return
    parts = _parts(asked)
    weights = {name: value.half().contiguous() for name, value in _trained(parts, asked).state_dict().items()}
    save_file(weights, asked.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--own", type=int, default=500)
    parser.add_argument("--guests", type=int, default=200)
    parser.add_argument("--joe", type=Path)
    parser.add_argument("--texts", nargs=2, metavar=("COUNT", "FILE"))
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--onward", type=Path, help="weights to go on from: what they know, they keep")
    return parser.parse_args()


def _parts(asked: argparse.Namespace) -> list[list[Example]]:
    """Return all examples; those of one utterance stand together."""
    studio = Studio()
    joe = len(list(asked.joe.glob("*.wav"))) if asked.joe else 0
    sources: list[tuple[str, int, Callable[[int], Spoken | None]]] = [
        ("own", asked.own, lambda number: studio.own(np.random.default_rng([asked.seed, 0, number]))),
        ("guest", asked.guests, lambda number: studio.guest(np.random.default_rng([asked.seed, 1, number]))),
        ("joe", joe, lambda number: _joe(asked.joe, number)),
    ]
    made = []
    for kind, count, say in sources:
        for start in range(0, count, _PART):
            part = asked.cache / f"{kind}-{asked.seed}-{start}.pt"
            if not part.exists():
                said = [each for at in range(start, min(start + _PART, count)) if (each := say(at))]
                draw = np.random.default_rng([asked.seed, 2, len(kind), start])
                _write(part, [_heard(said, at, draw) for at in range(len(said))])
            made += _read(part)
    return made


def _heard(said: list[Spoken], at: int, draw: np.random.Generator) -> list[Example]:
    """Return what is heard of one of *said*: as it is, and in other places."""
    other = said[(at + 7) % len(said)]
    return [clean(said[at]), *(elsewhere(said[at], other, draw) for _ in range(_ELSEWHERE))]


def _joe(folder: Path, number: int) -> Spoken | None:
    sound, rate = read_sound(folder / f"{number}.wav")
    phones = found(sound, rate, json.loads((folder / f"{number}.json").read_text(encoding="utf-8")))
    size = float(np.random.default_rng([17, number]).uniform(0.85, 1.18))
    return sized(sound, rate, phones, size) if phones else None


def _write(part: Path, made: list[list[Example]]) -> None:
    with atomic_write(part) as draft:
        torch.save([[_packed(each) for each in one] for one in made], draft)


def _packed(each: Example) -> tuple[Any, ...]:
    halves = (torch.from_numpy(value).half() for value in (each.features, each.shapes, each.events))
    return *halves, torch.from_numpy(each.phones)


def _read(part: Path) -> list[list[Example]]:
    stored = torch.load(part, weights_only=True)
    return [[Example(*(value.numpy() for value in each)) for each in one] for one in stored]


class _Taught(nn.Module):
    """The network and, while it learns, a second head that names phonemes: it teaches the layers what matters."""

    def __init__(self) -> None:
        super().__init__()
        self.mouth = build_network()
        self.phones = nn.Linear(self.mouth.out.in_features, len(PHONES))


def _trained(parts: list[list[Example]], asked: argparse.Namespace) -> Any:
    """Train on all but every 20th utterance."""
    known = [each for at, one in enumerate(parts) if at % _HELD for each in one]
    held = [one[0] for one in parts[::_HELD]]
    taught, lips = _Taught(), _Lips()
    if asked.onward:
        taught.mouth.load_state_dict({name: value.float() for name, value in load_file(asked.onward).items()})
    highest = _RATE * (_ONWARD if asked.onward else 1.0)
    optimiser = torch.optim.AdamW(taught.parameters(), lr=highest, weight_decay=0.02, betas=(0.9, 0.98))
    kind = "onward" if asked.onward else "anew"
    done, checkpoint = 0, asked.cache / f"checkpoint-{asked.seed}-{len(known)}-{asked.steps}-{kind}.pt"
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        taught.load_state_dict(stored["taught"])
        optimiser.load_state_dict(stored["optimiser"])
        torch.set_rng_state(stored["random"])
        done = stored["done"]
    started, total = time.process_time(), 0.0
    for step in range(done, asked.steps):
        for group in optimiser.param_groups:
            group["lr"] = highest * _share(step, asked.steps)
        taught.train()
        loss = _loss(taught, lips, _batch(known, np.random.default_rng([asked.seed, 3, step])))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(taught.parameters(), 1.0)
        optimiser.step()
        total += loss.item()
        if (step + 1) % _TELL == 0:
            print(f"{step + 1}: loss {total / _TELL:.4f}, {time.process_time() - started:.0f} CPU-s", flush=True)
            total = 0.0
            state = {"taught": taught.state_dict(), "optimiser": optimiser.state_dict(), "done": step + 1}
            with atomic_write(checkpoint) as draft:
                torch.save({**state, "random": torch.get_rng_state()}, draft)
        if (step + 1) % (_TELL * 5) == 0 or step + 1 == asked.steps:
            _tell(taught.mouth, held, step + 1)
    return taught.mouth.eval()


def _share(step: int, steps: int) -> float:
    """Return how much of the highest learning rate is used: a warm start and half a cosine wave."""
    return min((step + 1) / _WARM, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.005)


class _Lips:
    """How far the lips of the mean face are apart, as a function of the shapes and events that a network says."""

    def __init__(self) -> None:
        rig, upper, lower = Rig.of(neutral()), list(LIPS_INNER[1:10]), list(LIPS_INNER[:10:-1])

        def gaps(points: Any) -> Any:
            return (points[..., upper, :2] - points[..., lower, :2]) / eye_distance(rig.rest)

        moved = [np.tensordot(coefficients(**{name: 1.0}), gaps(rig.deltas), 1) for name in SHAPES]
        self._rest = torch.tensor(gaps(rig.rest), dtype=torch.float32)
        self._moved = torch.tensor(np.stack(moved), dtype=torch.float32)
        sides = [INDEX.get(name, INDEX.get(f"{name}Left")) for name in SHAPES]
        self._contacts = {name: torch.tensor(shape[sides]) for name, shape in CONTACTS.items()}
        self._round = torch.tensor(_ROUND)

    def apart(self, shapes: Any, events: Any) -> Any:
        """Return the opening (..., steps) once contacts are made, as far as *events* (0 to 1) are sure of them."""
        for name in ("teeth", "lips"):
            kept = torch.where(self._round, shapes * 0.8, self._contacts[name])
            at = EVENTS.index(name)
            shapes = shapes + events[..., at : at + 1] * (kept - shapes)
        gaps = self._rest + torch.einsum("...i,ikc->...kc", shapes, self._moved)
        # Lips that would pass through each other have met, as in the rig: pressed harder, they are no further apart.
        gaps = torch.stack([gaps[..., 0], gaps[..., 1].clamp(max=0)], dim=-1)
        return (gaps.square().sum(-1) + 1e-6).sqrt().mean(-1)


def _loss(taught: _Taught, lips: _Lips, batch: tuple[Any, Any, Any, Any]) -> Any:
    """Return how wrong the shapes, the events, the phonemes and the opening are, and how badly the opening follows."""
    features, shapes, events, phones = batch
    hidden = taught.mouth.hidden(features)
    out = taught.mouth.out(hidden)
    said, told = out[..., : len(SHAPES)], out[..., len(SHAPES) :]
    weights = torch.tensor([_WEIGHTS.get(name, 1.0) for name in SHAPES])
    off = (functional.smooth_l1_loss(said, shapes, beta=0.05, reduction="none") * weights).mean()
    missed = functional.binary_cross_entropy_with_logits(told, events)
    named = functional.cross_entropy(taught.phones(hidden).flatten(0, 1), phones.flatten(), label_smoothing=0.1)
    seen, asked = lips.apart(said, told.sigmoid()), lips.apart(shapes, events)
    follows = _correlation(seen, asked).mean()
    return 20 * off + 2 * missed + 0.5 * named + 200 * (seen - asked).square().mean() + (1 - follows)


def _correlation(one: Any, other: Any) -> Any:
    one, other = one - one.mean(1, keepdim=True), other - other.mean(1, keepdim=True)
    both = (one.square().sum(1) * other.square().sum(1) + 1e-8).sqrt()  # silence does not vary: no slope there
    return (one * other).sum(1) / (both + 1e-3)


def _batch(known: list[Example], draw: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    made = [_cut(known[int(draw.integers(len(known)))], draw) for _ in range(_BATCH)]
    return tuple(torch.from_numpy(np.stack(part)) for part in zip(*made, strict=True))  # type: ignore[return-value]


def _cut(each: Example, draw: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    """Return three seconds of *each*; a shorter one lasts on as it ends."""
    first = int(draw.integers(0, max(1, len(each.shapes) - _STEPS + 1)))
    values = (each.features, each.shapes, each.events, each.phones)
    cut = [value[first : first + _STEPS] for value in values]
    lack = _STEPS - len(cut[0])
    features, shapes, events, phones = (np.pad(v, ((0, lack),) + ((0, 0),) * (v.ndim - 1), mode="edge") for v in cut)
    return features.astype(np.float32), shapes.astype(np.float32), events.astype(np.float32), phones


def _tell(mouth: Any, held: list[Example], step: int) -> None:
    """Print how far the mouth is off on utterances it never met, as they are."""
    mouth.eval()
    with torch.inference_mode():
        out = [mouth(torch.from_numpy(each.features.astype(np.float32))[None])[0].numpy() for each in held]
    out, shapes, events = (np.concatenate(some) for some in (out, [e.shapes for e in held], [e.events for e in held]))
    jaw = np.corrcoef(out[:, 0], shapes[:, 0])[0, 1]
    error, still = (np.abs(some).mean() for some in (out[:, : len(SHAPES)] - shapes, shapes))
    print(f"held out after {step}: error {error:.4f} (standing still {still:.4f}), jaw correlation {jaw:.3f}")
    for at, name in enumerate(EVENTS):
        said, true = out[:, len(SHAPES) + at] > 0, events[:, at] > 0.5
        print(f"  {name}: found {said[true].mean():.3f}, right {true[said].mean() if said.any() else 0:.3f}")


if __name__ == "__main__":
    main()
