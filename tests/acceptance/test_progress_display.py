"""Someone who watches a terminal sees how far the job is; someone who reads stdout sees the path alone."""

import re

from tests.acceptance.terminal import Terminal


def test_a_terminal_shows_stages_frame_rate_and_time_left(portrait, samples_dir, tmp_path, models_dir):
    command = ("animate", portrait, samples_dir / "carphone_pristine.mp4", "-o", "out.mp4", "--seed", "1")
    with Terminal(*command, cwd=tmp_path) as terminal:
        code, stdout = terminal.finish()
    assert (code, stdout) == (0, "out.mp4\n")
    text = terminal.text
    stages = ["Opening the inputs", "Preparing the character", "Tracking the performer", "Rendering"]
    places = [text.index(stage) for stage in [*stages, "Writing the video"]]
    assert places == sorted(places)
    assert re.search(r"Tracking the performer .* \d+\.\d frames/s .*\d:\d\d:\d\d", text)
    assert re.search(r"Rendering .* \d+\.\d frames/s .*\d:\d\d:\d\d", text)
    assert "TensorFlow" not in text
    assert "INFO" not in text
