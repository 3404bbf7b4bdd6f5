"""Prompt and picture embedded: as diffusers does, as the published code does, and taken from disk the second time."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from motioncast.errors import ProcessingError

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from diffusers import AutoencoderKLWan
from PIL import Image as Pillow
from torch import Tensor

from bench.wan.checkpoint import NANO, tiny_pipeline, write_checkpoint
from motioncast.arrays import Image
from motioncast.engines.wan import prompts
from motioncast.engines.wan.checkpoint import Checkpoint
from motioncast.engines.wan.model.cache import KEPT, MemoryCache, TensorCache
from motioncast.engines.wan.model.embedding import Embedder
from motioncast.engines.wan.model.encoders import encode_picture, encode_prompt, squeezed
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.pixels import to_pixels
from motioncast.engines.wan.model.sampler import Embeddings, Networks
from motioncast.engines.wan.segments import Segment
from tests.wan_fixtures import nano_checkpoint  # noqa: F401

SIZE = (32, 64)  #: (W, H): a tall picture


def picture(stripe: tuple[int, int, int] | None = None) -> Image:
    """Smooth colours; `stripe` covers the lowest eighth, where the feet of a standing character would be."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    image = np.stack([x * 7 % 256, y * 3 % 256, (x + y) * 2 % 256], axis=-1).astype(np.uint8)
    if stripe is not None:
        image[-SIZE[1] // 8 :] = stripe
    return image


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline(NANO)


@pytest.mark.parametrize(
    "prompt",
    ["w1 w2 w3", "", "  w1\tw2 \n w3 ", "w1 &amp;amp; w2", "ｗ1 — w2“", prompts.NEGATIVE, " ".join(["w5"] * 600)],
)
def test_prompts_are_embedded_as_the_pipeline_does(pipeline, prompt):
    with torch.no_grad():
        theirs, _ = pipeline.encode_prompt(prompt, do_classifier_free_guidance=False, max_sequence_length=512)
    ours = encode_prompt(prompt, pipeline.tokenizer, pipeline.text_encoder)
    assert ours.shape == (1, 512, 64)
    assert torch.equal(ours, theirs)


def test_rows_behind_the_last_word_are_zero(pipeline):
    rows = encode_prompt("w1 w2 w3", pipeline.tokenizer, pipeline.text_encoder)[0]
    assert [bool(row.any()) for row in rows[:5]] == [True, True, True, False, False]
    assert not rows[3:].any()


def test_the_diffusers_fit_is_that_of_the_pipeline(pipeline):
    with torch.no_grad():
        theirs = pipeline.encode_image(Pillow.fromarray(picture()))
    ours = encode_picture(picture(), pipeline.image_encoder, pipeline.image_processor, "diffusers")
    assert ours.shape == (1, 257, 32)
    assert torch.equal(ours, theirs)


def bicubic(length: int, side: int) -> np.ndarray:
    """(side, length) weights: Keys' kernel with a = -0.75 at pixel centres, never widened, edges repeated."""
    a = -0.75

    def kernel(t: float) -> float:
        t = abs(t)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0

    weights = np.zeros((side, length))
    for row in range(side):
        at = (row + 0.5) * length / side - 0.5
        for tap in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
            weights[row, min(max(tap, 0), length - 1)] += kernel(at - tap)
    return weights


@pytest.mark.parametrize(("width", "height"), [(32, 64), (61, 37), (20, 20)])
def test_the_official_fit_is_the_published_formula(width, height):
    """wan/modules/animate/clip.py: all of the picture into the square, bicubic, then CLIP's own mean and deviation."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    unit = image.astype(np.float64) / 127.5 - 1
    small = np.einsum("yh,hwc,xw->cyx", bicubic(height, 32), unit, bicubic(width, 32))
    mean, deviation = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
    expected = (small * 0.5 + 0.5 - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(squeezed(image, 32)[0].numpy(), expected, rtol=0, atol=1e-4)


def test_the_official_fit_sees_feet_that_the_other_cuts_off(pipeline):
    """The weak spot: diffusers crops the middle of a tall picture, so that CLIP never sees its lower end."""
    plain, red = picture(), picture(stripe=(255, 0, 0))

    def features(image: Image, fit: str) -> Tensor:
        return encode_picture(image, pipeline.image_encoder, pipeline.image_processor, fit)

    assert torch.equal(features(plain, "diffusers"), features(red, "diffusers"))
    change = (features(plain, "official") - features(red, "official")).abs().amax(-1)[0]
    assert change.max() > 0.1
    patches = change[1:].view(16, 16)
    assert patches[-2:].min() > 2 * patches[:-2].max()  # where the stripe is: the lowest eighth of the patches


@pytest.fixture
def copied(nano: Path, tmp_path: Path) -> Path:
    return shutil.copytree(nano, tmp_path / "nano")


def embedder(folder: Path, home: Path) -> Embedder:
    """One that finds its VAE in `folder`; no transformer is needed to embed."""
    space = LatentSpace(AutoencoderKLWan.from_pretrained(folder / "vae").eval())
    return Embedder(Checkpoint(folder), Networks(None, space, None, torch.device("cpu"), torch.float32), home)


def spoil(folder: Path) -> None:
    """Make the encoders' weights unreadable, with the size and time that they had."""
    for component in ("text_encoder", "image_encoder"):
        file = folder / component / "model.safetensors"
        about = file.stat()
        file.write_bytes(bytes(about.st_size))
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))


def same(a: Embeddings, b: Embeddings) -> bool:
    assert a.negative is not None
    assert b.negative is not None
    pairs = ((a.text, b.text), (a.negative, b.negative), (a.image, b.image), (a.reference, b.reference))
    return all(torch.equal(x, y) for x, y in pairs)


def test_what_is_embedded_comes_from_the_encoders(nano, tmp_path, pipeline):
    made = embedder(nano, tmp_path)
    found = made.embed(" w1 w2 ", True, picture(), "official")
    text, image = pipeline.text_encoder, pipeline.image_encoder
    assert torch.equal(found.text, encode_prompt("w1 w2", pipeline.tokenizer, text))
    assert torch.equal(found.negative, encode_prompt(prompts.NEGATIVE, pipeline.tokenizer, text))
    assert torch.equal(found.image, encode_picture(picture(), image, None, "official"))
    space = LatentSpace(pipeline.vae)
    with torch.no_grad():
        assert torch.equal(found.reference, space.encode(to_pixels([picture()])))
        assert torch.equal(made.empty_clip((32, 48), Segment(0, 9, 0, 9)), space.encode(torch.zeros(1, 3, 9, 48, 32)))
    assert made.embed("w1", False, picture(), "official").negative is None
    default = made.embed("", False, picture(), "official").text
    assert torch.equal(default, made.embed(prompts.DEFAULT, False, picture(), "official").text)


def test_the_second_time_no_encoder_is_loaded(copied, tmp_path):
    first = embedder(copied, tmp_path / "home").embed("w1 w2", True, picture(), "official")
    spoil(copied)
    assert same(embedder(copied, tmp_path / "home").embed("w1 w2", True, picture(), "official"), first)
    for prompt, image, fit, what in (
        ("w1 w3", picture(), "official", "text"),
        ("w1 w2", picture((0, 0, 1)), "official", "image"),
        ("w1 w2", picture(), "diffusers", "image"),
        ("w1 w2", np.ascontiguousarray(picture().reshape(SIZE[0], SIZE[1], 3)), "official", "image"),
    ):
        with pytest.raises(
            ProcessingError, match=f"The {what} encoder of the wan model could not be loaded: "
        ) as caught:
            embedder(copied, tmp_path / "home").embed(prompt, True, image, fit)
        assert "\n" not in str(caught.value)


def test_other_weights_are_another_answer(copied, tmp_path):
    first = embedder(copied, tmp_path / "home").embed("w1 w2", True, picture(), "official")
    write_checkpoint(copied, NANO, seed=1)
    second = embedder(copied, tmp_path / "home").embed("w1 w2", True, picture(), "official")
    for name in ("text", "negative", "image", "reference"):
        assert not torch.equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("damage", [b"", b"not a tensor", b"\xff" * 64])
def test_a_damaged_file_of_the_cache_is_made_anew(nano, tmp_path, damage):
    first = embedder(nano, tmp_path).embed("w1 w2", True, picture(), "official")
    files = sorted((tmp_path / "wan").iterdir())
    # what is made of a picture is somebody's, and stays in memory
    assert [file.name.split("-")[0] for file in files] == ["text", "text"]
    before = [file.read_bytes() for file in files]
    for file in files:
        file.write_bytes(damage)
    assert same(embedder(nano, tmp_path).embed("w1 w2", True, picture(), "official"), first)
    assert [file.read_bytes() for file in sorted((tmp_path / "wan").iterdir())] == before


def test_without_a_place_to_write_everything_is_computed_again(nano, tmp_path):
    home = tmp_path / "home"
    home.write_text("a file, so that nobody, not even root, can make a folder in it")
    first = embedder(nano, home).embed("w1 w2", True, picture(), "official")
    assert same(embedder(nano, home).embed("w1 w2", True, picture(), "official"), first)
    assert home.is_file()


def test_the_cache_stays_small_and_keeps_what_is_used(tmp_path):
    cache = TensorCache(tmp_path)
    for number in range(KEPT + 10):
        cache.get("text", (str(number),), lambda number=number: torch.full((2,), float(number)))
        for age, file in enumerate(sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(file, ns=(age, age))  # so that no two are of one age, however coarse the clock
        cache.get("text", ("0",), lambda: pytest.fail("the one that is always used has gone"))
    assert len(list(tmp_path.iterdir())) == KEPT
    assert torch.equal(cache.get("text", ("1",), lambda: torch.zeros(2)), torch.zeros(2))  # gone


def test_pictures_in_memory_are_few():
    cache = MemoryCache(kept=2)
    made = []

    def get(name: str) -> None:
        cache.get("image", (name,), lambda: made.append(name) or torch.zeros(1))

    for name in ("a", "b", "a", "c", "a", "b"):
        get(name)
    assert made == ["a", "b", "c", "b"]
