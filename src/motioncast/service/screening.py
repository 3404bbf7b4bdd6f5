"""Which pictures of a job are looked at for explicit content."""

from functools import cached_property
from pathlib import Path

from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.models import ensure_moderation_model
from motioncast.safety.moderation import Moderator, sample_frames
from motioncast.settings import load_settings


class Screening:
    """Loads the network when the first job comes; with the policy `off` never."""

    def __init__(self, policy: str) -> None:
        self._on = policy != "off"

    @cached_property
    def _moderator(self) -> Moderator:
        return Moderator(ensure_moderation_model(load_settings()))

    def inputs(self, image: Path, video: Path) -> bool:
        """Whether the reference image or a sampled driving frame looks explicit."""
        return self._on and (self._moderator.check_image(load_image(image).rgb).nsfw or self.video(video))

    def video(self, video: Path) -> bool:
        """Whether a sampled frame looks explicit."""
        return self._on and self._moderator.check_frames(sample_frames(probe_video(video))).nsfw
