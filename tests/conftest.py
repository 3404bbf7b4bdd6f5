"""Fixtures that several test files share. Weights and samples are fetched once and kept in the user's cache."""

from pathlib import Path

import pytest

from motioncast.models import ensure_models
from motioncast.samples import ensure_samples
from motioncast.settings import load_settings


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Folder of the network weights."""
    return ensure_models(load_settings())


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """Folder of the sample media."""
    return ensure_samples(load_settings())
