"""Network weights, by name and SHA-256: the `.tflite` files in the mediapipe wheel (Apache-2.0), NudeNet's detector.

Neither mediapipe nor nudenet is ever installed. Without a network, put the files into `MOTIONCAST_MODELS` (a folder
with the names below) or copy a whole `MOTIONCAST_HOME`.
"""

from pathlib import Path

from motioncast.errors import ProcessingError
from motioncast.settings import Settings
from motioncast.wheels import WheelPin, fetch_members, sha256_of

WHEEL = WheelPin(
    "mediapipe",
    "0.10.21",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    "manylinux_2_28_x86_64",
)

_MODULES: dict[str, str] = {
    "pose_detection/pose_detection.tflite": ("9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"),
    "pose_landmark/pose_landmark_full.tflite": ("e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"),
    "face_detection/face_detection_short_range.tflite": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "face_detection/face_detection_full_range_sparse.tflite": (
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"
    ),
    "face_landmark/face_landmark_with_attention.tflite": (
        "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4"
    ),
    "holistic_landmark/hand_recrop.tflite": ("67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d"),
    "hand_landmark/hand_landmark_full.tflite": ("11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3"),
    "hand_landmark/hand_landmark_lite.tflite": ("048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6"),
    "selfie_segmentation/selfie_segmentation.tflite": (
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c"
    ),
}

MODERATION_WHEEL = WheelPin("nudenet", "3.4.2", "5937dbd84e5d8e5de038f08ffea5a1bb50a08475776bf2b4795914ce0eaf0331")

_MODERATION_MODEL = "nudenet/320n.onnx"  #: AGPL-3.0, as the licence files in the wheel and the model itself say

_MODERATION: dict[str, str] = {_MODERATION_MODEL: "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f"}

#: SHA-256 of every weights file, by file name
SHA256: dict[str, str] = {Path(path).name: sha256 for path, sha256 in (_MODULES | _MODERATION).items()}


def ensure_models(settings: Settings) -> Path:
    """Folder with the weights that animating needs, fetched on first use. Raises `ProcessingError` without them."""
    members = {f"mediapipe/modules/{path}": sha256 for path, sha256 in _MODULES.items()}
    fetch_members(WHEEL, members, settings.models_dir)
    return settings.models_dir


def ensure_moderation_model(settings: Settings) -> Path:
    """The weights file of `safety.moderation`, fetched on first use. Raises `ProcessingError` when it cannot be had."""
    fetch_members(MODERATION_WHEEL, _MODERATION, settings.models_dir)
    return settings.models_dir / Path(_MODERATION_MODEL).name


def model_bytes(name: str, models: Path) -> bytes:
    """Content of the weights file `name` in the folder `models`, verified. Raises `ProcessingError`."""
    try:
        data = (models / name).read_bytes()
    except OSError as error:
        raise ProcessingError(f"The network weights {models / name} are missing: run `motioncast models`.") from error
    if sha256_of(data) != SHA256[name]:
        raise ProcessingError(
            f"The network weights {models / name} are damaged: delete the file and run `motioncast models`."
        )
    return data
