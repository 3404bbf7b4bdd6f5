"""What files are, by their first bytes: real files of every kind that the service takes."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from motioncast.media.sniff import SNIFF_BYTES, sniff
from tests.clips import Clip, make_clip


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "extension", "mime"),
    [("PNG", "png", "image/png"), ("JPEG", "jpg", "image/jpeg"), ("WEBP", "webp", "image/webp"),
     ("GIF", "gif", "image/gif"), ("BMP", "bmp", "image/bmp"), ("TIFF", "tiff", "image/tiff"),
     ("AVIF", "avif", "image/avif")],
)  # fmt: skip
def test_pictures(kind, extension, mime):
    found = sniff(picture(kind))
    assert found is not None
    assert (found.kind, found.extension, found.mime) == ("image", extension, mime)


def test_heic():
    import pillow_heif

    heif = pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red"))
    buffer = io.BytesIO()
    heif.save(buffer)
    found = sniff(buffer.getvalue())
    assert found is not None
    assert (found.kind, found.extension) == ("image", "heic")


@pytest.mark.parametrize(
    ("suffix", "codec", "mime"),
    [("mp4", "libx264", "video/mp4"), ("mov", "libx264", "video/quicktime"), ("webm", "libvpx-vp9", "video/webm"),
     ("mkv", "libx264", "video/x-matroska"), ("avi", "mpeg4", "video/x-msvideo"), ("wmv", "wmv2", "video/x-ms-wmv"),
     ("flv", "flv", "video/x-flv"), ("3gp", "h263", "video/3gpp"), ("ogv", "libvpx", "video/ogg"),
     ("mpg", "mpeg2video", "video/mpeg"), ("ts", "mpeg2video", "video/mp2t")],
)  # fmt: skip
def test_videos(suffix, codec, mime, tmp_path):
    if codec not in av.codecs_available:
        pytest.skip(f"PyAV comes without {codec}")
    size = (176, 144)  # H.263 has few
    path = make_clip(tmp_path / f"clip.{suffix}", Clip(count=3, size=size, codec=codec))
    found = sniff(path.read_bytes()[:SNIFF_BYTES])
    assert found is not None
    assert (found.kind, found.mime, found.extension) == ("video", mime, suffix)


def test_sound(tmp_path):
    for suffix, codec, mime in (("wav", "pcm_s16le", "audio/wav"), ("flac", "flac", "audio/flac")):
        path = tmp_path / f"sound.{suffix}"
        with av.open(str(path), "w") as output:
            stream = output.add_stream(codec, rate=48000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 48000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                output.mux(packet)
        found = sniff(path.read_bytes())
        assert found is not None
        assert (found.kind, found.mime) == ("audio", mime)


@pytest.mark.parametrize(
    "junk",
    [b"", b"\0", b"\0" * 4096, b"hello", b"<html><body>", b"%PDF-1.7", b"PK\x03\x04", b"\x7fELF", b"#!/bin/sh",
     b"RIFF....junk", b"<?xml version='1.0'?><svg>", b"#EXTM3U\n", b"ffconcat version 1.0\n"],
)  # fmt: skip
def test_everything_else_is_unknown(junk):
    assert sniff(junk) is None


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(head):
    found = sniff(head)
    assert found is None or found.kind in ("image", "video", "audio")
