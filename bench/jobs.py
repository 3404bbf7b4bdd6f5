"""The jobs that are measured: pairs of a reference and a driving clip."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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

    @property
    def file_name(self) -> str:
        """Of its output, without an ending."""
        return f"{self.reference.stem}-{self.driving.stem}-{self.mode}"


def measured_name(file: Path, measure: str) -> str:
    """Of a row that one file gives: "dance (self)"."""
    return f"{file.stem} ({measure})"


@dataclass(frozen=True)
class JobSet:
    """What is measured: pairs, clips that drive a frame of their own, and references that drive themselves."""

    pairs: tuple[Job, ...]
    own: tuple[Path, ...]  #: against the frame held still
    faces: tuple[Path, ...] = ()  #: against the Delaunay baseline
    bodies: tuple[Path, ...] = ()  #: against the skinning baseline
    stills: tuple[Path, ...] = ()  #: references that drive themselves
    talking: tuple[Path, ...] = ()  #: clips whose frames say how far apart pictures of one person are

    def only(self, parts: Iterable[str]) -> "JobSet":
        """The jobs whose names hold one of `parts`. Raises `BenchError` when there is none."""
        wanted = list(parts)

        def kept(name: str) -> bool:
            return any(part in name for part in wanted)

        def kept_files(files: tuple[Path, ...], measure: str) -> tuple[Path, ...]:
            return tuple(file for file in files if kept(measured_name(file, measure)))

        some = replace(
            self,
            pairs=tuple(job for job in self.pairs if kept(job.name)),
            own=kept_files(self.own, "self"),
            faces=kept_files(self.faces, "face"),
            bodies=kept_files(self.bodies, "body"),
            stills=kept_files(self.stills, "still"),
        )
        if not (some.pairs or some.own or some.faces or some.bodies or some.stills):
            raise BenchError(f"No job's name holds {' or '.join(map(repr, wanted))}.")
        return some


#: reference, driving clip, mode: the research media.
MEDIA_PAIRS = (
    # faces
    ("liveportrait_s9.jpg", "liveportrait_d10.mp4", "animate"),
    ("liveportrait_s7.jpg", "liveportrait_d10.mp4", "animate"),
    ("liveportrait_s9.jpg", "liveportrait_d20.mp4", "animate"),
    ("liveportrait_s7.jpg", "liveportrait_d20.mp4", "animate"),
    ("liveportrait_s6.jpg", "liveportrait_d12.mp4", "animate"),
    ("liveportrait_s6.jpg", "liveportrait_d0.mp4", "animate"),
    ("liveportrait_s9.jpg", "liveportrait_d0.mp4", "animate"),
    # half bodies
    ("wan_animate_image.jpg", "wan_animate_video.mp4", "animate"),
    ("wan_animate_image.jpg", "wan_animate_video.mp4", "replace"),
    ("liveportrait_s9.jpg", "wan_animate_video.mp4", "animate"),
    ("wan_replace_image.jpg", "wan_replace_video.mp4", "replace"),
    ("wan_replace_image.jpg", "wan_replace_video.mp4", "animate"),
    # whole bodies
    ("anyone_11.png", "dance.mp4", "animate"),
    ("anyone_11.png", "dance.mp4", "replace"),
    ("anyone_5.png", "dance.mp4", "animate"),
    ("musepose_ref.png", "dance.mp4", "animate"),
    ("anyone_10.png", "cam01.mp4", "animate"),
    ("anyone_10.png", "cam01.mp4", "replace"),
)
MEDIA_OWN = ("liveportrait_d10.mp4", "dance.mp4")
MEDIA_FACES = ("liveportrait_d0.mp4", "liveportrait_d10.mp4", "liveportrait_d12.mp4", "liveportrait_d20.mp4")
MEDIA_BODIES = ("dance.mp4", "wan_animate_video.mp4")
#: The same for the samples that the product fetches.
SAMPLE_PAIRS = (
    ("astronaut.png", "carphone_pristine.mp4", "animate"),
    ("astronaut.png", "carphone_pristine.mp4", "replace"),
    ("mascot.png", "cam01.mp4", "animate"),
    ("mascot.png", "cam01.mp4", "replace"),
)
SAMPLE_OWN = ("carphone_pristine.mp4", "cam01.mp4")
SAMPLE_FACES = ("carphone_pristine.mp4",)
SAMPLE_BODIES = ("cam01.mp4",)


def media_jobs(folder: Path, samples: Path) -> JobSet:
    """The jobs whose files lie in `folder`, and those of the samples. Raises `BenchError` when `folder` has none."""
    folders = (folder, samples)
    pairs = _pairs(folders, MEDIA_PAIRS)
    if not pairs and not _clips(folders[:1], MEDIA_OWN):
        wanted = ", ".join(f"{reference} + {driving}" for reference, driving, _ in MEDIA_PAIRS)
        raise BenchError(f"{folder} holds none of the pairs that are measured ({wanted}).")
    return _job_set(
        _pairs(folders, MEDIA_PAIRS + SAMPLE_PAIRS),
        _clips(folders, MEDIA_OWN + SAMPLE_OWN),
        _clips(folders, MEDIA_FACES + SAMPLE_FACES),
        _clips(folders, MEDIA_BODIES + SAMPLE_BODIES),
    )


def sample_jobs() -> JobSet:
    """The jobs on the product's own samples, fetched if need be."""
    folders = (fetch_samples(),)
    return _job_set(
        _pairs(folders, SAMPLE_PAIRS),
        _clips(folders, SAMPLE_OWN),
        _clips(folders, SAMPLE_FACES),
        _clips(folders, SAMPLE_BODIES),
    )


def _job_set(
    pairs: tuple[Job, ...], own: tuple[Path, ...], faces: tuple[Path, ...], bodies: tuple[Path, ...]
) -> JobSet:
    stills = dict.fromkeys(job.reference for job in pairs if job.mode == "animate")
    return JobSet(pairs, own, faces, bodies, tuple(stills), faces)


def _pairs(folders: tuple[Path, ...], wanted: tuple[tuple[str, str, str], ...]) -> tuple[Job, ...]:
    found = []
    for reference, driving, mode in wanted:
        picture = MASCOT if reference == MASCOT.name else _find(folders, reference)
        clip = _find(folders, driving)
        if picture is not None and clip is not None:
            found.append(Job(picture, clip, mode))
    return tuple(found)


def _clips(folders: tuple[Path, ...], names: tuple[str, ...]) -> tuple[Path, ...]:
    found = (_find(folders, name) for name in names)
    return tuple(clip for clip in found if clip is not None)


def _find(folders: tuple[Path, ...], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).exists()), None)
