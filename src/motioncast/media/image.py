"""The reference image: any common still, decoded to upright 8-bit sRGB with its alpha kept apart."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
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
_MAY_MOVE = frozenset({"GIF", "PNG", "WEBP", "AVIF"})
_WHITE = 255


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
            rgba = _to_rgba(ImageOps.exif_transpose(picture))
    except InputError:
        raise
    except Exception as error:  # Pillow's decoders raise anything on damaged data
        raise InputError(f"The image {path.name} is damaged and cannot be decoded; give another copy.") from error
    return _flatten(np.asarray(rgba))


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
        known = "PNG, JPEG, WebP, BMP, TIFF or GIF" + (", HEIC" if HEIF else "")
        raise InputError(f"The file {path.name} is not a readable image; give a {known}.") from error


def _too_many_pixels(path: Path) -> str:
    return f"The image {path.name} has more than {MAX_PIXELS // 10**6} megapixels; scale it down first."


def _check_size(picture: Pillow.Image, path: Path) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise InputError(_too_many_pixels(path))
    if min(picture.size) < MIN_SIDE_PX:
        size = f"{picture.width}x{picture.height}"
        raise InputError(f"The image {path.name} is only {size}; both sides need {MIN_SIDE_PX} pixels or more.")


def _to_rgba(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith(("I", "F")):
        picture = _to_8bit_grey(picture)
    if picture.mode in ("L", "RGB", "CMYK") and picture.info.get("icc_profile"):
        picture = _to_srgb(picture)
    return picture.convert("RGBA")  # Pillow honours palette and colour-key transparency here


def _to_8bit_grey(picture: Pillow.Image) -> Pillow.Image:
    """16-bit integers span 0..65535 (0..255 if none is larger); floats span 0..1 likewise."""
    values = np.asarray(picture).astype(np.float64)
    peak = values.max(initial=0.0)
    if picture.mode == "F" and peak <= 1.0:
        values *= 255.0
    elif peak > 255.0 or picture.mode.startswith("I;16"):
        values *= 255.0 / 65535.0
    return Pillow.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _to_srgb(picture: Pillow.Image) -> Pillow.Image:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a broken profile, or one for another colour model: the pixels speak for themselves
    return converted if converted is not None else picture


def _flatten(rgba: Image) -> ReferenceImage:
    rgb, alpha = rgba[..., :3], rgba[..., 3]
    if alpha.min() == 255:
        return ReferenceImage(np.ascontiguousarray(rgb), None)
    weight = alpha[..., None].astype(np.uint16)
    over_white = (rgb * weight + _WHITE * (255 - weight) + 127) // 255
    return ReferenceImage(over_white.astype(np.uint8), np.ascontiguousarray(alpha))
