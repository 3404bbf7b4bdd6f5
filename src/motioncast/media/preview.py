"""Small pictures to look at: previews, and contact sheets of many in rows."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from motioncast.arrays import Image

GAP_PX = 6
LABEL_PX = 22
PREVIEW_PX = 480  #: longer side of a preview
_PAPER, _INK = 250, 30


def contact_sheet(rows: Sequence[Sequence[Image]], height: int, labels: Sequence[str] = ()) -> Image:
    """(H, W, 3) sheet of RGB images scaled to `height`; `labels`, if given, has a line of text to go above each row."""
    strips = [_strip(row, height) for row in rows]
    if labels:
        strips = [_labelled(strip, text) for strip, text in zip(strips, labels, strict=True)]
    width = max(strip.width for strip in strips)
    sheet = Pillow.new("RGB", (width, sum(strip.height for strip in strips)), (_PAPER,) * 3)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return np.asarray(sheet)


def jpeg(image: Image) -> bytes:
    """An (H, W, 3) RGB image as a small JPEG."""
    picture = Pillow.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((PREVIEW_PX, PREVIEW_PX), Pillow.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def save_png(path: Path, image: Image) -> None:
    """Write an RGB, RGBA or grey image."""
    Pillow.fromarray(image).save(path, format="PNG", optimize=True)


def _strip(row: Sequence[Image], height: int) -> Pillow.Image:
    tiles = [_tile(image, height) for image in row]
    strip = Pillow.new("RGB", (sum(t.width + GAP_PX for t in tiles) + GAP_PX, height + GAP_PX), (_PAPER,) * 3)
    left = GAP_PX
    for tile in tiles:
        strip.paste(tile, (left, GAP_PX))
        left += tile.width + GAP_PX
    return strip


def _tile(image: Image, height: int) -> Pillow.Image:
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    return Pillow.fromarray(image).convert("RGB").resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=2.0)


def _labelled(strip: Pillow.Image, text: str) -> Pillow.Image:
    taller = Pillow.new("RGB", (strip.width, strip.height + LABEL_PX), (_PAPER,) * 3)
    font = ImageFont.load_default(LABEL_PX - 8)
    ImageDraw.Draw(taller).text((GAP_PX, GAP_PX // 2), text, fill=(_INK,) * 3, font=font)
    taller.paste(strip, (0, LABEL_PX))
    return taller
