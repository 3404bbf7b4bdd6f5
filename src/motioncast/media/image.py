"""The reference image: any common still, decoded to upright 8-bit sRGB with its alpha kept apart."""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from motioncast.arrays import Image
from motioncast.errors import InputError

try:
    import pillow_heif
except ImportError:
    HEIF = False
else:
    pillow_heif.register_heif_opener()
    HEIF = True

MAX_PIXELS = 64_000_000
MIN_SIDE_PX = 64
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF")
MAX_SCANS = 100  #: of a JPEG; each costs a pass over all pixels (real ones have about 10, libtiff's limit is the same)
_MAY_MOVE = frozenset({"GIF", "PNG", "WEBP", "AVIF"})
_WHITE = 255
_BAND_PIXELS = 1 << 20
_JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")  #: one that a segment follows, or the end
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


@dataclass(frozen=True)
class ReferenceImage:
    """A still as the engines see it."""

    rgb: Image  #: (H, W, 3) upright sRGB, over white where the picture is transparent
    alpha: Image | None  #: (H, W) straight alpha, None when the picture is opaque


def load_image(path: Path) -> ReferenceImage:
    """Decode PNG, JPEG, WebP, BMP, TIFF, GIF (first frame), AVIF, and HEIC if pillow-heif is installed.

    EXIF orientation and colour profile are applied; 16-bit, grey, palette and CMYK pictures become RGB.
    Raises InputError if it is none of these, damaged, over 64 megapixels or under 64 pixels on a side.
    """
    try:
        with _open(path) as picture:
            _check_size(picture, path)
            if picture.format in ("JPEG", "MPO"):
                _check_scans(path)
            rgba = _to_rgba(ImageOps.exif_transpose(picture))
        return _flatten(np.asarray(rgba))
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"The image {path.name} needs more memory than there is; scale it down first.") from error
    except Exception as error:  # Pillow's decoders raise anything on damaged data
        raise InputError(f"The image {path.name} is damaged and cannot be decoded; give another copy.") from error


def is_still_image(path: Path) -> bool:
    """Whether `path` is a picture of one frame in a format that `load_image` reads."""
    try:
        with _open(path) as picture:
            return not (picture.format in _MAY_MOVE and getattr(picture, "is_animated", False))
    except InputError:
        return False


def _open(path: Path) -> Pillow.Image:
    try:
        with warnings.catch_warnings():
            # our own limit, far below Pillow's, follows; its warning would only be printed
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            Pillow.init()
            return Pillow.open(path, formats=[name for name in FORMATS if name in Pillow.OPEN])
    except Pillow.DecompressionBombError as error:
        raise InputError(_too_many_pixels(path)) from error
    except Exception as error:  # unknown format, or a header that a Pillow plugin chokes on
        known = "PNG, JPEG, WebP, BMP, TIFF" + (", GIF or HEIC" if HEIF else " or GIF")
        raise InputError(f"The file {path.name} is not a readable image; give a {known}.") from error


def _too_many_pixels(path: Path) -> str:
    return f"The image {path.name} has more than {MAX_PIXELS // 10**6} megapixels; scale it down first."


def _check_size(picture: Pillow.Image, path: Path) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise InputError(_too_many_pixels(path))
    if min(picture.size) < MIN_SIDE_PX:
        size = f"{picture.width}x{picture.height}"
        raise InputError(f"The image {path.name} is only {size}; both sides need {MIN_SIDE_PX} pixels or more.")


def _check_scans(path: Path) -> None:
    if _scans(path.read_bytes()) > MAX_SCANS:
        raise InputError(f"The image {path.name} is a JPEG of more than {MAX_SCANS} scans; save it anew.")


def _scans(content: bytes) -> int:
    """Scans of the first picture of a JPEG file: what follows its end does not count."""
    at = scans = 0
    while (found := _JPEG_MARKER.search(content, at)) and content[found.end() - 1] != _END_OF_IMAGE:
        at = found.end()
        if content[at - 1] != 0xD8:  # the start of the file has no length
            scans += content[at - 1] == _START_OF_SCAN
            at += max(2, int.from_bytes(content[at : at + 2], "big"))
    return scans


def _to_rgba(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith(("I", "F")):
        picture = _to_8bit_grey(picture)
    if picture.mode in ("L", "RGB", "CMYK") and picture.info.get("icc_profile"):
        picture = _to_srgb(picture)
    return picture.convert("RGBA")  # Pillow honours palette and colour-key transparency here


def _to_8bit_grey(picture: Pillow.Image) -> Pillow.Image:
    """16-bit integers span 0..65535 (0..255 if none is larger); floats span 0..1 likewise."""
    values = np.asarray(picture)
    peak, scale = float(values.max(initial=0)), 1.0
    if picture.mode == "F" and peak <= 1.0:
        scale = 255.0
    elif peak > 255.0 or picture.mode.startswith("I;16"):
        scale = 255.0 / 65535.0
    grey = np.empty(values.shape, np.uint8)
    for band in _bands(values):
        grey[band] = np.clip(np.rint(values[band].astype(np.float64) * scale), 0, 255)
    return Pillow.fromarray(grey)


def _to_srgb(picture: Pillow.Image) -> Pillow.Image:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a broken profile, or one for another colour model: the pixels speak for themselves
    return converted if converted is not None else picture


def _bands(plane: npt.NDArray[Any]) -> Iterator[slice]:
    """Rows of (H, W), a few at a time: what is computed in between is many times the picture."""
    height, width = plane.shape
    step = max(1, _BAND_PIXELS // width)
    for top in range(0, height, step):
        yield slice(top, top + step)


def _flatten(rgba: Image) -> ReferenceImage:
    rgb, alpha = rgba[..., :3], rgba[..., 3]
    if alpha.min() == 255:
        return ReferenceImage(np.ascontiguousarray(rgb), None)
    over_white = np.empty(rgb.shape, np.uint8)
    for band in _bands(alpha):
        weight = alpha[band, :, None].astype(np.uint16)
        over_white[band] = (rgb[band] * weight + _WHITE * (255 - weight) + 127) // 255
    return ReferenceImage(over_white, np.ascontiguousarray(alpha))
