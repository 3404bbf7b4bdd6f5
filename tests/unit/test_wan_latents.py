"""Video to latents and back as diffusers does it, bit for bit, but streamed; and what a segment hands on."""

import weakref

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the wan extra: make install-wan")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import Tensor  # noqa: E402

from bench.wan.checkpoint import NANO, tiny_pipeline  # noqa: E402
from motioncast.engines.wan.model.latents import LatentSpace  # noqa: E402
from motioncast.engines.wan.model.masks import grid_mask, mask_channels  # noqa: E402
from motioncast.engines.wan.model.pixels import squared, to_images, to_mask, to_pixels, to_unit  # noqa: E402
from motioncast.engines.wan.model.shot import Carry  # noqa: E402

GRID = (4, 6)  #: of the latents: 32 x 48 pixels


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline(NANO)


@pytest.fixture
def space(pipeline) -> LatentSpace:
    return LatentSpace(pipeline.vae)


def latents(count: int, seed: int = 0) -> Tensor:
    return torch.randn((1, 16, count, *GRID), generator=torch.Generator().manual_seed(seed))


def video(count: int) -> Tensor:
    shape = (1, 3, count, GRID[0] * 8, GRID[1] * 8)
    return torch.rand(shape, generator=torch.Generator().manual_seed(count)) * 2 - 1


def whole(space: LatentSpace, given: Tensor) -> Tensor:
    """The decoding of WanAnimatePipeline."""
    config = space.vae.config
    mean = torch.tensor(config.latents_mean).view(1, -1, 1, 1, 1)
    reciprocal = 1.0 / torch.tensor(config.latents_std).view(1, -1, 1, 1, 1)
    return space.vae.decode(given / reciprocal + mean, return_dict=False)[0]


@pytest.mark.parametrize("count", [1, 2, 20])
def test_streamed_frames_are_those_of_a_whole_decoding(space, count):
    given = latents(count)
    parts = list(space.decode(given))
    assert [part.shape[2] for part in parts] == [1, *[4] * (count - 1)]
    assert torch.equal(torch.cat(parts, dim=2), whole(space, given))


@pytest.mark.parametrize("frames", [1, 5, 77])
def test_encoding_is_the_pipelines(pipeline, space, frames):
    given = video(frames)
    theirs = pipeline.prepare_pose_latents(given, batch_size=1, dtype=torch.float32, device="cpu")
    ours = space.encode(given)
    assert ours.shape == (1, 16, (frames + 3) // 4, *GRID)
    assert torch.equal(ours, theirs)


def test_a_decoding_that_is_broken_off_leaves_the_vae_as_it_was(space):
    given = latents(3)
    expected = whole(space, given)
    broken = space.decode(latents(3, seed=1))
    next(broken)
    next(broken)
    broken.close()
    assert torch.equal(torch.cat(list(space.decode(given)), dim=2), expected)
    assert torch.equal(whole(space, given), expected)


def test_the_vae_may_be_used_while_frames_are_taken(space):
    """Segments are encoded and decoded by one VAE, and two decodings may be under way."""
    one, other = latents(3), latents(3, seed=1)
    expected = [part.clone() for given in (one, other) for part in space.decode(given)]
    mixed: list[Tensor] = []
    later: list[Tensor] = []
    for first, second in zip(space.decode(one), space.decode(other), strict=True):
        space.encode(video(5))
        mixed.append(first)
        later.append(second)
    assert all(map(torch.equal, mixed + later, expected))


def test_what_a_decoding_holds_does_not_grow(space):
    """Frames that were handed out are nobody's but the taker's."""
    held: list[weakref.ref[Tensor]] = []
    decoding = space.decode(latents(8))
    for part in decoding:
        held.append(weakref.ref(part))
        del part
        assert sum(ref() is not None for ref in held) <= 1


def test_pictures_become_pixels_and_come_back():
    images = [np.random.default_rng(n).integers(0, 256, (16, 24, 3), np.uint8) for n in range(3)]
    pixels = to_pixels(images)
    assert pixels.shape == (1, 3, 3, 16, 24)
    assert (pixels.min(), pixels.max()) == (-1, 1)
    assert all(map(np.array_equal, to_images(pixels), images))
    np.testing.assert_allclose(to_unit(pixels)[2], images[2] / 255, atol=1e-6)


def test_pictures_become_pixels_with_the_numbers_of_the_published_processor(pipeline):
    from PIL import Image as Pillow

    images = [np.random.default_rng(n).integers(0, 256, (32, 48, 3), np.uint8) for n in range(2)]
    theirs = pipeline.video_processor.preprocess_video([Pillow.fromarray(image) for image in images], 32, 48)
    assert torch.equal(to_pixels(images), theirs)


def test_values_beyond_the_range_are_cut_not_wrapped():
    assert to_images(torch.full((1, 3, 1, 2, 2), 1.7))[0].min() == 255
    assert to_images(torch.full((1, 3, 1, 2, 2), -1.7))[0].max() == 0


def test_a_face_is_brought_to_the_encoders_side():
    face = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert squared(face, 64) is face
    means = face.reshape(32, 2, 32, 2, 3).mean((1, 3))
    np.testing.assert_allclose(squared(face, 32), means, atol=0.51)


def test_masks_say_what_is_given_on_the_latents_grid():
    person = np.zeros((32, 48), np.uint8)
    person[8:16, 16:32] = 255
    given = grid_mask(to_mask([person] * 5), GRID)
    expected = np.ones(GRID)
    expected[1, 2:4] = 0
    np.testing.assert_array_equal(given[0, 0], [expected] * 5)


@given(st.integers(1, 20), st.sampled_from([0, 1, 5]))
@settings(max_examples=25, deadline=None)
def test_mask_channels_hold_the_frames_of_each_latent(count: int, known: int) -> None:
    """Latent frame 0 stands for frame 0 four times over, latent frame t for frames 4t - 3 ... 4t."""
    frames = 4 * count - 3
    given = torch.arange(2, 2 + frames, dtype=torch.float32).view(1, 1, frames, 1, 1)
    channels = mask_channels(given, known)
    assert channels.shape == (1, 4, count, 1, 1)
    for t in range(count):
        for channel in range(4):
            frame = 4 * t - 3 + channel if t else 0
            assert channels[0, channel, t, 0, 0] == (1 if frame < known else 2 + frame)
    assert given[0, 0, 0, 0, 0] == 2  # not written to


def handed_on(dtype: "torch.dtype") -> tuple[Carry, "torch.Generator"]:
    generator = torch.Generator("cpu").manual_seed(7)
    torch.randn(1001, generator=generator)
    frames = video(9).to(dtype)[:, :, -5:]  # a view, as the sampler's is
    return Carry(3, frames, generator.get_state()), generator


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_handed_on_survives_storage_bit_for_bit(dtype):
    carry, generator = handed_on(dtype)
    again = Carry.from_bytes(carry.to_bytes())
    assert again.segment == 3
    assert again.frames.dtype == dtype
    assert torch.equal(again.frames, carry.frames)
    restored = torch.Generator("cpu")
    restored.set_state(again.generator)
    assert torch.equal(torch.randn(101, generator=restored), torch.randn(101, generator=generator))
    assert carry.to_bytes() == again.to_bytes()


STORED = st.integers(0, 2**30)


@given(STORED, st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_noticed(at: int, change: int) -> None:
    stored = bytearray(handed_on(torch.bfloat16)[0].to_bytes())
    stored[at % len(stored)] ^= change
    with pytest.raises(ValueError, match="not what a segment hands on"):
        Carry.from_bytes(bytes(stored))


@given(STORED)
@settings(max_examples=40, deadline=None)
def test_a_part_of_it_is_noticed(length: int) -> None:
    stored = handed_on(torch.bfloat16)[0].to_bytes()
    with pytest.raises(ValueError, match="not what a segment hands on"):
        Carry.from_bytes(stored[: length % len(stored)])


@pytest.mark.parametrize("stored", [b"", b"\0\0\0\0", b"\0" * 100, b"something else"])
def test_anything_else_is_no_carry(stored):
    with pytest.raises(ValueError, match="not what a segment hands on"):
        Carry.from_bytes(stored)
