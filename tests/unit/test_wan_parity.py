"""Our loop gives the frames of diffusers' pipeline, to the bit; the whole grid of cases is `python -m bench wan`."""

import pytest

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

from collections.abc import Iterator

import torch

from bench.wan.parity import Case, Parity, all_cases
from bench.wan.report import missed


@pytest.fixture(scope="module")
def parity() -> Iterator[Parity]:
    # the bits of a convolution may depend on how many threads share it
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Parity()
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case("animate", 1.0, 1, 78), id="animate, a second segment for one frame"),
        pytest.param(Case("animate", 3.0, 5, 2), id="animate, guided, no more frames than are carried"),
        pytest.param(Case("animate", 1.0, 1, 1), id="animate, a single frame"),
        pytest.param(Case("replace", 3.0, 5, 100), id="replace, guided, five carried frames"),
        pytest.param(Case("replace", 1.0, 1, 2), id="replace, a clip played to and fro"),
    ],
)
def test_frames_are_those_of_diffusers(parity: Parity, case: Case) -> None:
    found = parity.check(case)
    assert found["rendered"] == case.frames
    assert found["equal"], found


def test_the_bench_covers_every_combination() -> None:
    cases = list(all_cases())
    grid = {(case.mode, case.guidance, case.carried, case.frames) for case in cases if case.frames > 1}
    assert len(grid) == 2 * 2 * 2 * 5
    assert {case.frames for case in cases} == {1, 2, 77, 78, 100, 230}


MET = {
    "parity": True,
    "resume_equal": True,
    "step_ratio_face_heavy": 2.5,
    "step_ratio_mid": 1.2,
    "step_ratio_dit_heavy": 1.0,
    "whole_job_ratio": 1.3,
    "rss_slope_mib_per_frame": 0.2,
    "shortcut_step": {"max_difference": 1e-5, "ratio": 0.9},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parity", False),
        ("resume_equal", False),
        ("step_ratio_face_heavy", 2.49),
        ("step_ratio_mid", 1.19),
        ("step_ratio_dit_heavy", 0.99),
        ("whole_job_ratio", 1.29),
        ("rss_slope_mib_per_frame", 0.21),
        ("shortcut_step", {"max_difference": 1.1e-5, "ratio": 2.0}),
        ("step_ratio_mid", float("nan")),
    ],
)
def test_what_misses_its_target_is_named(name: str, value: object) -> None:
    assert missed(MET) == []
    assert missed(MET | {name: value}) == [name]
