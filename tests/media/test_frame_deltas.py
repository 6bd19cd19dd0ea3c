"""Patches: what a step drew comes back to the byte, and what it left alone takes no room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import EngineError, StoreError
from avatar.media.decode import BATCH_FRAMES, batched
from avatar.media.frame_deltas import apply_deltas, write_deltas
from avatar.media.frames import Box, Format, Frame, Frames
from tests.media.video_fixtures import FILM, PAL, all_planes, moving

WIDTH, HEIGHT = 32, 24
SHAPE = Format(WIDTH, HEIGHT, PAL)


def even(most):
    return st.integers(0, most // 2).map(lambda half: 2 * half)


@st.composite
def boxes(draw):
    left, top = draw(even(WIDTH - 4)), draw(even(HEIGHT - 4))
    right = draw(st.integers(left // 2 + 1, WIDTH // 2)) * 2
    return Box(left, top, right, draw(st.integers(top // 2 + 1, HEIGHT // 2)) * 2)


# What a step may do to one frame: edit boxes, write into the planes, write back what was edited, say where a face is.
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), boxes(), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("planes"), boxes(), st.integers(0, 255)),
        st.tuples(st.just("settle"), boxes(), st.just(0)),
        st.tuples(st.just("face"), boxes(), st.integers(0, 2**32 - 1)),
    ),
    max_size=3,
)


def done(frame, deeds):
    for deed, box, number in deeds:
        if deed == "edit":
            view = frame.edit(box)
            np.copyto(view, np.random.default_rng(number).integers(0, 256, view.shape, dtype=np.uint8))
        elif deed == "planes":
            frame.planes[box.top : box.bottom, box.left : box.right] = number
        elif deed == "settle":
            frame.settle()
        else:
            frame.landmarks = np.random.default_rng(number).normal(size=(468, 3)).astype(np.float32)
            frame.tracked, frame.looked_at = bool(number % 2), bool(number % 3)
    return frame


def source(before):
    """A step of before: some frames have a region that is edited and not written back yet."""
    frames = moving(len(before), PAL, WIDTH, HEIGHT)
    todo = iter(before)
    return frames.through(lambda batch: [done(frame, next(todo)) for frame in batch])


def drawn(before, after):
    todo = iter(after)
    return source(before).through(lambda batch: [done(frame, next(todo)) for frame in batch])


def alike(one, other):
    return (
        np.array_equal(one.planes, other.planes)
        and (one.tracked, one.looked_at) == (other.tracked, other.looked_at)
        and (one.edited is None) == (other.edited is None)
        and (one.edited is None or one.edited[0] == other.edited[0])
        and (one.edited is None or np.array_equal(one.edited[1], other.edited[1]))
        and (one.landmarks is None) == (other.landmarks is None)
        and (one.landmarks is None or np.array_equal(one.landmarks, other.landmarks))
    )


def each(frames):
    return [frame for batch in frames.batches for frame in batch]


@given(data=st.data())
def test_whatever_a_step_did_comes_back_to_the_byte(tmp_path_factory, data):
    count = data.draw(st.integers(1, 4))
    before = data.draw(st.lists(deeds, min_size=count, max_size=count))
    after = data.draw(st.lists(deeds, min_size=count, max_size=count))
    path = tmp_path_factory.mktemp("kept") / "patches.zip"

    write_deltas(drawn(before, after), source(before), path)

    again = apply_deltas(path, source(before))
    assert (again.format, again.count) == (SHAPE, count)
    assert all(map(alike, each(again), each(drawn(before, after))))


@given(after=st.lists(deeds, min_size=1, max_size=4))
def test_so_do_frames_that_were_made_from_nothing(tmp_path_factory, after):
    before = [[]] * len(after)
    path = tmp_path_factory.mktemp("kept") / "patches.zip"

    write_deltas(drawn(before, after), None, path)

    assert all(map(alike, each(apply_deltas(path, None)), each(drawn(before, after))))


def test_a_frame_that_is_written_back_before_the_next_one_comes_leaves_no_trace_in_it(tmp_path):
    count, places = 3 * BATCH_FRAMES, (Box(2, 2, 10, 10), Box(20, 12, 30, 20))

    def talking():
        still = each(moving(1, PAL, WIDTH, HEIGHT))[0].planes
        frames = (done(Frame(still.copy()), [("edit", places[number % 2], number)]) for number in range(count))
        return Frames(SHAPE, count, batched(frames))

    write_deltas(talking(), None, tmp_path / "patches.zip")

    # An encoder writes each batch back before it pulls another.
    again = all_planes(apply_deltas(tmp_path / "patches.zip", None))
    assert all(map(np.array_equal, again, all_planes(talking())))


def test_the_same_frames_make_the_same_file(tmp_path):
    deed = [[("edit", Box(4, 4, 12, 12), 1)]] * 3
    for name in ("one", "other"):
        write_deltas(drawn([[]] * 3, deed), source([[]] * 3), tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_what_was_left_alone_takes_next_to_no_room(tmp_path):
    count, width, height = 10, 512, 512
    box = Box(200, 200, 264, 264)

    def some(batch):
        return [done(frame, [("edit", box, number)]) for number, frame in enumerate(batch)]

    write_deltas(
        moving(count, PAL, width, height).through(some), moving(count, PAL, width, height), tmp_path / "patches.zip"
    )

    drawn_bytes = count * 64 * 64 * 3  # noise: nothing makes it smaller
    assert (tmp_path / "patches.zip").stat().st_size < 1.1 * drawn_bytes


def test_neither_does_what_was_looked_at_and_left_as_it_was(tmp_path):
    def looked_at(batch):
        for frame in batch:
            frame.edit(Box(100, 100, 400, 400))
        return batch

    write_deltas(moving(10, PAL, 512, 512).through(looked_at), moving(10, PAL, 512, 512), tmp_path / "patches.zip")

    assert (tmp_path / "patches.zip").stat().st_size < 10 * 300 * 300 * 3 / 100


def test_an_animation_that_holds_its_picture_keeps_it_once(tmp_path):
    planes = each(moving(1, PAL, 512, 512))[0].planes
    frames = Frames(Format(512, 512, PAL), 50, ([Frame(planes.copy())] for _ in range(50)))

    write_deltas(frames, None, tmp_path / "patches.zip")

    assert (tmp_path / "patches.zip").stat().st_size < 1.1 * planes.nbytes


def test_over_other_frames_than_those_they_are_refused(tmp_path):
    write_deltas(moving(3), moving(3), tmp_path / "patches.zip")

    for other in (moving(4), moving(3, FILM), moving(3, PAL, 64, 48)):
        with pytest.raises(StoreError, match="run the production again") as refusal:
            apply_deltas(tmp_path / "patches.zip", other)
        assert refusal.value.code == "store.patches"


@pytest.mark.parametrize("drawn", [lambda: moving(4), lambda: moving(3, FILM), lambda: moving(3, PAL, 64, 48)])
def test_a_step_that_gives_other_frames_than_it_was_given_is_refused_before_it_draws(tmp_path, drawn):
    pulled = []

    with pytest.raises(EngineError, match="leave keep_patches out") as refusal:
        write_deltas(drawn().through(lambda batch: pulled.append(batch) or batch), moving(3), tmp_path / "patches.zip")

    assert refusal.value.code == "patches.unlike"
    assert (pulled, list(tmp_path.iterdir())) == ([], [])


def test_a_step_that_fails_leaves_no_file(tmp_path):
    def fails(_batch):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        write_deltas(moving(3).through(fails), moving(3), tmp_path / "patches.zip")

    assert list(tmp_path.iterdir()) == []
