"""The service with the wan engine in its worker, on a tiny checkpoint."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import httpx2
import pytest

from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.safety.verification import describe_provenance
from tests.acceptance.command import motioncast
from tests.acceptance.serving import MODEL, Server
from tests.clips import Clip, make_clip

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")


@pytest.fixture(scope="module")
def studio(checkpoint, distilled, tmp_path_factory) -> Iterator[Server]:
    """A server whose worker renders with four steps."""
    settings = {
        "MOTIONCAST_WAN_MODEL": str(checkpoint),
        "MOTIONCAST_WAN_PROFILE": "turbo",
        "MOTIONCAST_WAN_DISTILL": str(distilled),
        "MOTIONCAST_WAN_SEGMENTS": "tail",
        "OMP_NUM_THREADS": "1",
    }
    with Server(tmp_path_factory.mktemp("studio") / "data", "--engine", "wan", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def blink(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five frames of the man in the car."""
    clip = Clip(count=5, size=(192, 144), rate=Fraction(25), audio="aac", options={"crf": "10"})
    frames = VideoReader(probe_video(samples_dir / "carphone_pristine.mp4"), size=clip.size, start=50, stop=55)
    return make_clip(tmp_path_factory.mktemp("clips") / "blink.mp4", clip, (image for _, image in frames))


def test_jobs_run_can_be_cancelled_and_say_what_made_them(studio, cutout, blink, talker, tmp_path):
    image = studio.upload(cutout)
    with studio.client() as client:
        body = {"image": image, "video": studio.upload(blink)}
        dry = client.post(f"{MODEL}?dry_run=true", json=body)
    assert dry.status_code == 200, dry.text
    slow = studio.submit(image, studio.upload(talker))
    quick = studio.submit(image, studio.upload(blink), prompt="a man in a car")
    with studio.client() as client:
        answer = client.post(f"/api/v3/predictions/{slow['id']}/cancel")
    assert answer.json()["data"]["status"] == "cancelled"
    done = studio.ended(quick["id"])
    assert done["status"] == "completed", done
    output = tmp_path / "out.mp4"
    output.write_bytes(httpx2.get(done["outputs"][0]).content)
    info = probe_video(output)
    assert (len(info.timeline), info.rate, info.has_audio) == (5, 25, True)
    assert "wan" in str(describe_provenance(output))


def test_a_caller_may_choose_the_other_engine(studio, cutout, talker):
    with studio.client() as client:
        catalogue = client.get("/api/v3/models").json()["data"]
    schema = catalogue[0]["api_schema"]["api_schemas"][0]["request_schema"]["properties"]["engine"]
    assert (schema["enum"], schema["default"]) == (["wan", "puppet"], "wan")
    done = studio.ended(studio.submit(studio.upload(cutout), studio.upload(talker), engine="puppet")["id"])
    assert (done["status"], done["engine"]) == ("completed", "puppet")


def test_a_server_without_a_checkpoint_does_not_start(tmp_path):
    done = motioncast(
        "serve", "--engine", "wan", "--data-dir", "data", cwd=tmp_path, MOTIONCAST_WAN_MODEL=str(tmp_path / "none")
    )
    assert done.code == 2
    assert "There is no folder" in done.stderr
    assert done.stderr.count("\n") == 1
