"""The jobs that are measured: pairs of a reference and a driving clip."""

from dataclasses import dataclass
from pathlib import Path

from bench.judge import REPOSITORY, BenchError
from bench.product import fetch_samples

MASCOT = REPOSITORY / "src" / "motioncast" / "assets" / "mascot.png"


@dataclass(frozen=True)
class Job:
    """One run of the product, judged against its driving clip."""

    reference: Path
    driving: Path
    mode: str = "animate"

    @property
    def name(self) -> str:
        return f"{self.reference.stem} + {self.driving.stem} ({self.mode})"


@dataclass(frozen=True)
class JobSet:
    """Pairs to judge, and clips to reenact from a frame of their own."""

    pairs: tuple[Job, ...]
    own: tuple[Path, ...]


#: reference, driving clip, mode: the research media.
MEDIA_PAIRS = (
    ("wan_animate_image.jpg", "wan_animate_video.mp4", "animate"),
    ("wan_replace_image.jpg", "wan_replace_video.mp4", "replace"),
    ("anyone_11.png", "dance.mp4", "animate"),
    ("anyone_11.png", "dance.mp4", "replace"),
    ("liveportrait_s9.jpg", "liveportrait_d10.mp4", "animate"),
)
MEDIA_OWN = ("liveportrait_d10.mp4", "dance.mp4")
#: The same for the samples that the product fetches.
SAMPLE_PAIRS = (
    ("astronaut.png", "carphone_pristine.mp4", "animate"),
    ("astronaut.png", "carphone_pristine.mp4", "replace"),
    ("mascot.png", "cam01.mp4", "animate"),
)
SAMPLE_OWN = ("carphone_pristine.mp4", "cam01.mp4")


def media_jobs(folder: Path) -> JobSet:
    """The jobs whose files lie in `folder`. Raises `BenchError` when there are none."""
    jobs = _present(folder, MEDIA_PAIRS + SAMPLE_PAIRS, MEDIA_OWN + SAMPLE_OWN)
    if not jobs.pairs and not jobs.own:
        wanted = ", ".join(f"{reference} + {driving}" for reference, driving, _ in MEDIA_PAIRS)
        raise BenchError(f"{folder} holds none of the pairs that are measured ({wanted}).")
    return jobs


def sample_jobs() -> JobSet:
    """The jobs on the product's own samples, fetched if need be."""
    return _present(fetch_samples(), SAMPLE_PAIRS, SAMPLE_OWN)


def _present(folder: Path, pairs: tuple[tuple[str, str, str], ...], own: tuple[str, ...]) -> JobSet:
    found = []
    for reference, driving, mode in pairs:
        picture = MASCOT if reference == MASCOT.name else folder / reference
        if picture.exists() and (folder / driving).exists():
            found.append(Job(picture, folder / driving, mode))
    return JobSet(tuple(found), tuple(folder / name for name in own if (folder / name).exists()))
