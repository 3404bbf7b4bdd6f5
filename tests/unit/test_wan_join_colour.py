"""Colours that have drifted from one segment to the next are brought back where the segments join."""

import pytest

torch = pytest.importorskip("torch", reason="needs the wan extra: make install-wan")

from torch import Tensor  # noqa: E402

from motioncast.engines.wan.model.colour import JoinMatcher, _from_linear, _to_linear  # noqa: E402


def clip(seed: int = 0, count: int = 9) -> Tensor:
    """(1, 3, n, 32, 48) in [-1, 1]: soft blobs of mid tones that move, each channel another range."""
    coarse = torch.rand((1, 3, count, 5, 7), generator=torch.Generator().manual_seed(seed))
    fine = torch.nn.functional.interpolate(coarse, size=(count, 32, 48), mode="trilinear")
    low = torch.tensor([0.2, 0.25, 0.3]).view(1, 3, 1, 1, 1)
    return (low + 0.5 * fine) * 2 - 1


def drifted(frames: Tensor, gain: tuple[float, ...], offset: tuple[float, ...]) -> Tensor:
    shape = (1, 3, 1, 1, 1)
    return _from_linear(_to_linear(frames) * torch.tensor(gain).view(shape) + torch.tensor(offset).view(shape))


@pytest.mark.parametrize(
    ("gain", "offset"),
    [
        ((1.08, 1.08, 1.08), (0.0, 0.0, 0.0)),
        ((0.93, 1.0, 1.07), (0.01, -0.01, 0.02)),
        ((1.0, 1.0, 1.0), (0.03, 0.02, -0.02)),
    ],
)
def test_a_drifted_segment_comes_back(gain: tuple[float, ...], offset: tuple[float, ...]) -> None:
    true = clip()
    seen = drifted(true, gain, offset)
    match = JoinMatcher(true[:, :, :5])
    # as the decoder gives them: one frame, then four at a time
    back = torch.cat([match(part) for part in (seen[:, :, :1], seen[:, :, 1:5], seen[:, :, 5:])], dim=2)
    before, after = (seen - true).abs().mean(), (back - true).abs().mean()
    assert before > 0.01
    assert after < before / 5


def test_a_segment_without_drift_stays_as_it_is() -> None:
    frames = clip()
    assert (JoinMatcher(frames[:, :, :1])(frames) - frames).abs().max() <= 2 / 255  # [-1, 1]: a step of 8 bits


def test_a_flat_picture_is_no_trouble() -> None:
    flat = torch.full((1, 3, 1, 8, 8), 0.1)
    torch.testing.assert_close(JoinMatcher(flat)(flat + 0.02), flat, atol=2 / 255, rtol=0)


def test_another_picture_is_not_forced_into_the_colours_of_the_last() -> None:
    """The correction is bounded: content that really differs keeps its look."""
    dark, bright = torch.full((1, 3, 1, 8, 8), -0.8), clip(count=1)
    linear = _to_linear(bright)
    corrected = _to_linear(JoinMatcher(dark)(bright))
    assert (corrected - linear).abs().max() <= 0.1 * linear.max() + 0.05 + 1e-5


def test_the_first_frame_decides_for_the_whole_segment() -> None:
    true = clip()
    match = JoinMatcher(true[:, :, :1])
    match(drifted(true[:, :, :1], (1.05, 1.05, 1.05), (0.0, 0.0, 0.0)))
    later = clip(seed=1)
    expected = drifted(later, (1 / 1.05,) * 3, (0.0, 0.0, 0.0))
    torch.testing.assert_close(match(later), expected, atol=2 / 255, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_frames_keep_their_range_and_type(dtype: "torch.dtype") -> None:
    wild = (torch.rand((1, 3, 5, 16, 16), generator=torch.Generator().manual_seed(3)) * 3 - 1.5).to(dtype)
    result = JoinMatcher(clip(count=1).to(dtype))(wild)
    assert result.dtype == dtype
    assert result.shape == wild.shape
    assert result.abs().max() <= 1


def test_linear_light_and_srgb_are_inverse_and_those_of_the_standard() -> None:
    values = torch.linspace(-1, 1, 2001).view(1, 1, 1, 1, -1)
    torch.testing.assert_close(_from_linear(_to_linear(values)), values, atol=1e-5, rtol=0)
    grey = torch.tensor([0, 10, 128, 255]) / 255 * 2 - 1
    torch.testing.assert_close(_to_linear(grey), torch.tensor([0, 0.00303527, 0.2158605, 1.0]), atol=1e-6, rtol=0)
