"""The Wav2Lip network, what it hears, where it looks, and where it draws."""

import json
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.canonical import digest_of_file
from avatar.errors import InputError, WeightsError
from avatar.faces.wav2lip import generator as wav2lip_generator
from avatar.faces.wav2lip.checkpoint import read_checkpoint, resolve_checkpoint
from avatar.faces.wav2lip.crop import HALF_SIZE_PX, Cropper, crop_face, paste_back
from avatar.faces.wav2lip.generator import Wav2LipGenerator
from avatar.faces.wav2lip.layers import tensor_shapes
from avatar.faces.wav2lip.mel import mel_spectrogram, mel_windows
from avatar.media.frames import Box, Format, Frame, planes_of, rgb_of
from avatar.models.reference import ModelRef
from tests.examples import examples
from tests.faces.checkpoints import random_tensors, save_checkpoint

GOLDEN = Path(__file__).parent.parent / "data" / "wav2lip" / "tensors.json"
SPEECH = Path(__file__).parent.parent / "data" / "voices" / "ben_heldout.flac"


@pytest.fixture(scope="module")
def tensors() -> dict[str, Any]:
    return random_tensors()


@pytest.fixture(scope="module")
def generator(tensors: dict[str, Any]) -> Wav2LipGenerator:
    return Wav2LipGenerator(tensors)


def some(count: int) -> tuple[Any, Any]:
    import torch

    source = torch.Generator().manual_seed(7)
    return torch.rand(count, 6, 96, 96, generator=source), torch.randn(count, 1, 80, 16, generator=source)


# -- the network


def test_every_tensor_has_its_public_name_and_shape() -> None:
    golden = {name: tuple(shape) for name, shape in json.loads(GOLDEN.read_text()).items()}

    assert tensor_shapes() == golden
    assert list(tensor_shapes()) == list(golden)


def test_a_layer_is_a_convolution_then_normalisation_then_what_it_adds_then_relu(
    tensors: dict[str, Any], generator: Wav2LipGenerator
) -> None:
    """The folded layers against torch's own, written out once: the first two blocks of the face encoder."""
    from torch.nn import functional

    seen, _ = some(1)

    def plain(value: Any, name: str, stride: int, padding: int) -> Any:
        weight, bias, *norm = (
            tensors[f"face_encoder_blocks.{name}.conv_block.{part}"]
            for part in ("0.weight", "0.bias", "1.running_mean", "1.running_var", "1.weight", "1.bias")
        )
        return functional.batch_norm(functional.conv2d(value, weight, bias, stride, padding), *norm)

    first = plain(seen, "0.0", 1, 3).relu()
    second = plain(first, "1.0", 2, 1).relu()
    third = (plain(second, "1.1", 1, 1) + second).relu()
    fourth = (plain(third, "1.2", 1, 1) + third).relu()

    views = generator._encode_face(seen)
    assert float((views[0] - first).abs().max()) < 1e-5
    assert float((views[1] - fourth).abs().max()) < 1e-5
    assert [tuple(view.shape[1:]) for view in views] == [
        *((16, 96, 96), (32, 48, 48), (64, 24, 24), (128, 12, 12), (256, 6, 6), (512, 3, 3), (512, 1, 1))
    ]


@pytest.mark.parametrize("first", [1, 20, 47, 48, 63, 90, 95])
def test_rows_decoded_alone_are_the_rows_of_the_whole_face(generator: Wav2LipGenerator, first: int) -> None:
    whole, rows = generator.generate(*some(2)), generator.generate(*some(2), first=first)

    assert whole.shape == (2, 3, 96, 96)
    assert float(whole.std()) > 0.05
    assert rows.shape == (2, 3, 96 - first, 96)
    assert float((rows - whole[:, :, first:]).abs().max()) * 255 < 0.05


def test_what_is_made_depends_on_the_face_and_on_the_speech(generator: Wav2LipGenerator) -> None:
    seen, heard = some(2)
    made = generator.generate(seen, heard, first=HALF_SIZE_PX)

    assert float((made - generator.generate(seen.flip(0), heard, first=HALF_SIZE_PX)).abs().max()) > 0.01
    assert float((made - generator.generate(seen, heard.flip(0), first=HALF_SIZE_PX)).abs().max()) > 0.001


def test_the_way_of_gpus_makes_the_same_faces(tensors: dict[str, Any], generator: Wav2LipGenerator) -> None:
    direct = Wav2LipGenerator(tensors, "cpu:0")  # not "cpu", the only device with convolutions of our own

    assert float((direct.generate(*some(2)) - generator.generate(*some(2))).abs().max()) * 255 < 0.05


def test_half_the_bits_make_nearly_the_same_faces(
    tensors: dict[str, Any], generator: Wav2LipGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a GPU computes."""
    import torch

    monkeypatch.setattr(wav2lip_generator, "dtype_on", lambda _: torch.float16)
    halved = Wav2LipGenerator(tensors, "cpu:0").generate(*some(1))

    away = (halved - generator.generate(*some(1))).abs() * 255
    assert halved.dtype == torch.float32
    assert 0 < float(away.mean()) < 0.3
    assert float(away.max()) < 2


# -- checkpoints


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_public_checkpoint_is_read_with_and_without_the_prefix(
    tmp_path: Path, tensors: dict[str, Any], prefix: str
) -> None:
    read = read_checkpoint(save_checkpoint(tmp_path / "a.pth", tensors, prefix))

    assert set(read) == set(tensor_shapes())
    assert all(bool((read[name] == tensors[name]).all()) for name in tensors)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"state_dict": {"a": Trap()}}, tmp_path / "trap.pth")

    with pytest.raises(WeightsError) as refusal:
        read_checkpoint(tmp_path / "trap.pth")
    assert refusal.value.code == "weights.unreadable"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("wrong", ["lacking", "shape", "no-state"])
def test_another_network_is_refused(tmp_path: Path, tensors: dict[str, Any], wrong: str) -> None:
    import torch

    changed = dict(tensors)
    if wrong == "lacking":
        del changed["output_block.1.bias"]
    if wrong == "shape":
        changed["output_block.1.bias"] = torch.zeros(4)
    path = save_checkpoint(tmp_path / "a.pth", changed)
    if wrong == "no-state":
        torch.save({"weights": 1}, path)

    with pytest.raises(WeightsError) as refusal:
        read_checkpoint(path)
    assert refusal.value.code == "weights.other-network"


def test_a_checkpoint_is_pinned_and_a_missing_one_names_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=str(tmp_path / "w" / "a.pth")) as missing:
        resolve_checkpoint(ModelRef("w/a.pth"))
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "a.pth").write_bytes(b"numbers")
    digest = digest_of_file(tmp_path / "w" / "a.pth")
    with pytest.raises(InputError, match=digest) as unpinned:
        resolve_checkpoint(ModelRef("w/a.pth"))
    with pytest.raises(WeightsError) as altered:
        resolve_checkpoint(ModelRef("w/a.pth", "0" * 64))
    with pytest.raises(InputError) as outside:
        resolve_checkpoint(ModelRef("../a.pth", digest))

    assert resolve_checkpoint(ModelRef("w/a.pth", digest)) == tmp_path / "w" / "a.pth"
    codes = [each.value.code for each in (missing, unpinned, altered, outside)]
    assert codes == ["weights.missing", "weights.not-pinned", "weights.altered", "weights.path"]


# -- what it hears


def written_out(sound: np.ndarray) -> np.ndarray:
    """The same spectrogram at once, by librosa."""
    emphasised = np.append(sound[:1], sound[1:] - 0.97 * sound[:-1])
    seen = np.abs(librosa.stft(emphasised, n_fft=800, hop_length=200, win_length=800, pad_mode="reflect"))
    mel = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600) @ seen
    return np.clip(8 * (20 * np.log10(np.maximum(1e-5, mel)) - 20 + 100) / 100 - 4, -4, 4)


@pytest.mark.filterwarnings("ignore:n_fft=800 is too large")  # shorter than a window: still mirrored
@settings(max_examples=examples(20))
@given(st.integers(401, 9000), st.lists(st.integers(0, 9000), max_size=6))
def test_a_streamed_spectrogram_is_the_whole_one_however_it_is_cut(length: int, cuts: list[int]) -> None:
    sound = np.random.default_rng(length).normal(0, 0.1, length).astype(np.float32)
    pieces = np.split(sound, sorted(min(cut, length) for cut in cuts))

    streamed = np.concatenate(list(mel_spectrogram(iter(pieces))), axis=1)

    assert streamed.shape == (80, length // 200 + 1)
    assert np.abs(streamed - written_out(sound)).max() < 1e-3


@pytest.mark.parametrize("rate", ["25", "30000/1001", "24000/1001", "60"])
def test_a_frame_hears_what_begins_with_it_at_any_rate(tmp_path: Path, rate: str) -> None:
    sound = np.random.default_rng(3).normal(0, 0.1, 16_000 * 3).astype(np.float32)
    soundfile.write(tmp_path / "s.wav", sound, 16_000, subtype="FLOAT")
    whole = written_out(sound)

    heard = list(islice(mel_windows(tmp_path / "s.wav", Fraction(rate)), 60))

    for frame, window in enumerate(heard):
        start = int(frame * 80 / Fraction(rate))
        assert np.abs(window - whole[:, start : start + 16]).max() < 1e-3


def test_after_the_speech_and_in_silence_nothing_is_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "s.wav", np.zeros(300), 48_000)

    heard = list(islice(mel_windows(tmp_path / "s.wav", Fraction(25)), 100))

    assert all(window.shape == (80, 16) and (window == -4).all() for window in heard)


def test_sound_of_another_rate_is_heard_alike() -> None:
    sound, rate = soundfile.read(SPEECH, dtype="float32")
    plain = librosa.resample(sound, orig_sr=rate, target_sr=16_000, res_type="soxr_hq")
    heard = list(islice(mel_windows(SPEECH, Fraction(25)), 40))

    whole = written_out(plain)
    assert max(np.abs(w - whole[:, i * 80 // 25 :][:, :16]).mean() for i, w in enumerate(heard)) < 0.02


# -- where it looks and draws


def face_at(x: float, y: float, size: float) -> np.ndarray:
    """A mesh whose points lie on an ellipse, with eyes: enough for a box."""
    angle = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    mesh = np.stack([x + size * 0.8 * np.sin(angle), y - size * np.cos(angle), 0 * angle], axis=1)
    for point, side in ((33, -0.5), (133, -0.2), (362, 0.2), (263, 0.5), (168, 0), (6, 0)):
        mesh[point, :2] = x + side * size, y - 0.3 * size
    return mesh.astype(np.float32)


@given(st.floats(-100, 400), st.floats(-100, 400), st.floats(1, 400))
def test_a_box_is_even_splits_in_even_halves_and_stays_in_the_frame(x: float, y: float, size: float) -> None:
    box = Cropper(Format(320, 242, Fraction(25)), 0.05).box(face_at(x, y, size))

    if box is not None:
        assert 0 <= box.left < box.right <= 320
        assert 0 <= box.top < box.bottom <= 242
        assert not any(side % 2 for side in (box.left, box.top, box.right, box.bottom))
        assert not (box.bottom - box.top) % 4


def test_a_box_follows_the_head_at_once_and_the_jaw_slowly_and_forgets_a_face_that_left() -> None:
    cropper = Cropper(Format(640, 640, Fraction(25)), 0.0)
    for _ in range(5):
        still = cropper.box(face_at(200, 300, 100))
    moved = cropper.box(face_at(240, 300, 100))
    jaw = face_at(240, 300, 100)
    jaw[234, 1] += 50
    opened = cropper.box(jaw)
    cropper.box(None)
    fresh = cropper.box(jaw)

    assert still is not None
    assert moved == Box(still.left + 40, still.top, still.right + 40, still.bottom)
    assert opened is not None
    assert fresh is not None
    assert opened.bottom - moved.bottom == pytest.approx(10, abs=3)
    assert fresh.bottom - moved.bottom == pytest.approx(50, abs=3)


def noise(width: int = 256, height: int = 256) -> Frame:
    return Frame(planes_of(np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)))


def test_the_network_sees_blue_green_red_with_the_lower_half_black_and_then_the_whole() -> None:
    rgb = np.zeros((96, 96, 3), np.uint8)
    rgb[:, :, 0], rgb[:, :, 1], rgb[:, :, 2] = 200, 120, 40
    seen = crop_face(Frame(planes_of(rgb)), Box(0, 0, 96, 96))

    colours = np.array([40, 120, 200])[:, None, None] / 255
    assert seen.shape == (6, 96, 96)
    assert np.abs(seen[3:] - colours).max() < 0.02
    assert np.abs(seen[:3, :HALF_SIZE_PX] - colours).max() < 0.02
    assert not seen[:3, HALF_SIZE_PX:].any()


def test_only_the_lower_half_of_the_box_is_touched_and_its_edges_do_not_show() -> None:
    frame, box, mesh = noise(), Box(40, 30, 200, 230), face_at(120, 130, 95)
    before, shown = frame.planes.copy(), rgb_of(frame.planes)

    paste_back(frame, box, np.full((3, HALF_SIZE_PX, 96), 0.5, np.float32), mesh)
    inside = frame.see(Box(40, 130, 200, 230)).astype(int)
    after = frame.settle()

    outside = np.ones((256, 256), bool)
    outside[130:230, 40:200] = False
    assert np.array_equal(after[:256][outside], before[:256][outside])
    changed = np.abs(inside - shown[130:230, 40:200])
    assert np.abs(inside[50, 80] - 128).max() <= 1
    for edge in (changed[0], changed[-1], changed[:, 0], changed[:, -1]):
        assert edge.max() <= 1


def test_looking_changes_nothing_and_sees_what_was_edited() -> None:
    frame = noise()
    before = frame.planes.copy()
    whole = frame.see(Box(0, 0, 256, 256))
    assert np.array_equal(whole, rgb_of(before))

    frame.edit(Box(50, 60, 90, 100))[:] = 7
    seen = frame.see(Box(40, 40, 80, 80))

    assert (seen[20:, 10:] == 7).all()
    assert np.array_equal(seen[:20], whole[40:60, 40:80])
    assert np.array_equal(frame.planes, before)
