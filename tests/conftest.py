"""Fixtures that several test files share. Weights and samples are fetched once and kept in the user's cache."""

from fractions import Fraction
from pathlib import Path

import pytest

from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.models import ensure_models
from motioncast.samples import ensure_samples
from motioncast.settings import load_settings
from tests.clips import Clip, make_clip


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Folder of the network weights."""
    return ensure_models(load_settings())


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """Folder of the sample media."""
    return ensure_samples(load_settings())


@pytest.fixture(scope="session")
def long_talker(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """110 frames of the man in the car: enough for several chunks and segments of small size."""
    clip = Clip(count=110, size=(192, 144), rate=Fraction(25), audio="aac", options={"crf": "18"})
    reader = VideoReader(probe_video(samples_dir / "carphone_pristine.mp4"), size=clip.size, stop=110)
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", clip, (image for _, image in reader))
