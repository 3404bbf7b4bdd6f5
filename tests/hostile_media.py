"""Files made to hurt whoever decodes them, from real pictures and clips: the same bytes in every run.

Truncated, bit-flipped, mislabelled, with lying headers, and bombs that unfold to gigabytes.
"""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image as Pillow

from motioncast.arrays import Image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from tests.clips import Clip, make_clip

_SIDE = 128
_CUTS = (0.03, 0.1, 0.4, 0.75, 0.95)
_FLIPS = (1, 10, 100)
_IMAGES = ("png", "jpg", "webp", "gif", "tiff", "bmp", "avif")
_FILM = Clip(count=12, size=(192, 144), rate=Fraction(25))
_VIDEOS = {
    "mp4": replace(_FILM, audio="aac"),
    "mov": replace(_FILM, options={"g": "4"}),
    "webm": replace(_FILM, codec="libvpx", options={"g": "4", "deadline": "realtime"}),
    "mkv": replace(_FILM, audio="aac"),
    "avi": replace(_FILM, codec="mpeg4"),
    "ts": _FILM,
}


@dataclass(frozen=True)
class Hostile:
    """One file."""

    name: str
    kind: str  #: what it is given as: image or video
    path: Path
    bad: bool  #: nobody may make a video of it; the damage of the others may be harmless


class _Folder:
    """Collects files of one kind."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind, self.files = path, kind, list[Hostile]()

    def add(self, name: str, content: bytes, *, bad: bool = True) -> None:
        path = self.path / f"{self.kind}-{name}"
        path.write_bytes(content)
        self.files.append(Hostile(name, self.kind, path, bad))


def make_hostile_files(folder: Path, samples: Path) -> list[Hostile]:
    """All of them, written to `folder`."""
    with Pillow.open(samples / "astronaut.png") as opened:
        face = opened.convert("RGB").crop((96, 0, 352, 256)).resize((_SIDE, _SIDE))
    images = {suffix: _saved(face, suffix) for suffix in _IMAGES}
    talker = probe_video(samples / "carphone_pristine.mp4")
    kept = [image for _, image in VideoReader(talker, size=_FILM.size, start=50, stop=50 + _FILM.count)]
    good = folder / "good"
    good.mkdir()
    videos = {s: make_clip(good / f"clip.{s}", clip, kept).read_bytes() for s, clip in _VIDEOS.items()}
    image_folder, video_folder = _Folder(folder, "image"), _Folder(folder, "video")
    for target, sources in ((image_folder, images), (video_folder, videos)):
        _damage(target, sources)
        _mislabel(target, images, videos)
    _picture_bombs(image_folder, images, face)
    _film_bombs(video_folder, videos, kept, good)
    return image_folder.files + video_folder.files


def _saved(picture: Pillow.Image, suffix: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, {"jpg": "jpeg"}.get(suffix, suffix), **options)
    return buffer.getvalue()


def _damage(target: _Folder, sources: dict[str, bytes]) -> None:
    """Cut off at many points, bits flipped, a hole in the middle, the tail doubled."""
    for suffix, content in sources.items():
        for cut in _CUTS:
            target.add(f"cut-{cut:g}.{suffix}", content[: int(len(content) * cut)], bad=False)
        for count in _FLIPS:
            target.add(f"flip-{count}.{suffix}", flipped(content, count), bad=False)
        third = len(content) // 3
        target.add(f"hole.{suffix}", content[:third] + bytes(third) + content[2 * third :], bad=False)


def flipped(content: bytes, count: int) -> bytes:
    """`content` with `count` bits flipped, always the same ones."""
    chosen, changed = random.Random(count * len(content)), bytearray(content)
    for _ in range(count):
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
    return bytes(changed)


def _mislabel(target: _Folder, images: dict[str, bytes], videos: dict[str, bytes]) -> None:
    """What is no picture or clip at all, or the other of the two."""
    suffix = {"image": "png", "video": "mp4"}[target.kind]
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="99999"><image href="file:///etc/passwd"/></svg>'
    others = {
        "empty": b"",
        "one-byte": b"\x89",
        "zeros": bytes(100_000),
        "text": b"Neither a picture nor a film.\n" * 100,
        "html": b"<!doctype html><script>alert(1)</script>",
        "svg": svg,
        "zip": b"PK\x03\x04" + bytes(26) + b"x" * 500,
        "elf": b"\x7fELF\x02\x01\x01" + bytes(500),
        "m3u8": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
        "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "pdf": b"%PDF-1.7\n" + bytes(300),
        "noise": random.Random(7).randbytes(50_000),
        "script": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    }
    wrong = {"image": {"clip": videos["mp4"], "webm": videos["webm"]}, "video": {"png": images["png"]}}
    for name, content in (others | wrong[target.kind]).items():
        target.add(f"{name}.{suffix}", content)
    signatures = {"image": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"RIFF\xff\xff\0\0WEBP")}
    signatures["video"] = (
        b"\0\0\0\x18ftypmp42", b"\x1a\x45\xdf\xa3", b"RIFF\xff\xff\0\0AVI ", b"FLV\x01", b"OggS", b"\0\0\x01\xba",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\0\0\0\x08wide",
    )  # fmt: skip
    noise = random.Random(8).randbytes(20_000)
    for number, signature in enumerate(signatures[target.kind]):
        target.add(f"signature-{number}.{suffix}", signature + noise)


def _picture_bombs(target: _Folder, images: dict[str, bytes], face: Pillow.Image) -> None:
    row = zeros_deflated(30_001 * 30_000)
    target.add("60000.png", png(60_000, 60_000, zlib.compress(bytes(1000))))
    target.add("30000-zeros.png", png(30_000, 30_000, row))
    target.add("int-max.png", png(2**31 - 1, 2**31 - 1, zlib.compress(b"")))
    target.add("zero-size.png", png(0, 0, zlib.compress(b"")))
    target.add("8000-zeros.png", png(8000, 8000, zeros_deflated(32_001 * 8000), colour=6), bad=False)
    target.add("7900-deep.png", png(7900, 7900, zeros_deflated(15_801 * 7900), depth=16), bad=False)
    target.add("surplus.png", png(64, 64, row), bad=False)  # far more pixels than its header says
    target.add("long-side.png", png(900_000, 70, zeros_deflated(900_001 * 70)), bad=False)
    for name, start in (("text", b"zTXtx\0\0"), ("profile", b"iCCPx\0\0")):
        extra = png_chunk(start[:4], start[4:] + zeros_deflated(1 << 30))
        target.add(f"{name}-bomb.png", png(64, 64, zlib.compress(bytes(65 * 64)), extra=extra))
    many = png_chunk(b"tEXt", b"k\0v") * 60_000
    target.add("chunks.png", png(64, 64, zlib.compress(bytes(65 * 64)), extra=many), bad=False)
    cut_chunk = struct.pack(">I", 2**31 - 1) + b"IDAT" + bytes(100)
    target.add("chunk-length.png", png(64, 64, b"")[:33] + cut_chunk)
    frames = [Pillow.new("L", (64, 64), shade % 256) for shade in range(600)]
    for suffix in ("png", "webp", "gif"):
        target.add(f"moving.{suffix}", _saved(frames[0], suffix, save_all=True, append_images=frames[1:]), bad=False)

    size = images["jpg"].index(b"\xff\xc0") + 5
    target.add("65500.jpg", patched(images["jpg"], size, struct.pack(">HH", 65_500, 65_500)))
    target.add("7999.jpg", patched(images["jpg"], size, struct.pack(">HH", 7999, 7999)), bad=False)
    target.add("zero-size.jpg", patched(images["jpg"], size, bytes(4)))
    target.add("scans.jpg", many_scans(8000, 20_000))
    target.add("comments.jpg", images["jpg"][:2] + b"\xff\xfe\x00\x02" * 100_000 + images["jpg"][2:], bad=False)
    for name, exif in (
        ("loop", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\x08\0\0\0"),
        (
            "counts",
            b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\xff\xff\xff\xff\x08\0\0\0\x0f\x01\x02\0\xff\xff\xff\x7f\0\0\0\0",
        ),
        ("entries", b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\0\0\0\x01\0\x63\0\0" * 4000),
    ):
        target.add(f"exif-{name}.jpg", _saved(face, "jpg", exif=b"Exif\0\0" + exif), bad=False)
        target.add(f"exif-{name}.png", _saved(face, "png", exif=b"Exif\0\0" + exif), bad=False)
    garbage = random.Random(9).randbytes(300_000)
    for suffix in ("jpg", "png", "webp", "tiff"):
        target.add(f"profile.{suffix}", _saved(face, suffix, icc_profile=garbage), bad=False)
    target.add("cmyk-profile.jpg", _saved(face.convert("CMYK"), "jpg", icc_profile=garbage[:200]), bad=False)

    canvas = struct.pack("<HH", 65_535, 65_535)
    target.add("canvas.gif", patched(images["gif"], 6, canvas))
    target.add("7900.gif", patched(images["gif"], 6, struct.pack("<HH", 7900, 7900)), bad=False)
    target.add("no-frame.gif", images["gif"][:781] + b";")
    target.add("canvas.webp", webp_canvas(16_384, 16_384))
    target.add("lossless.webp", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(8))
    target.add("60000.bmp", patched(images["bmp"], 18, struct.pack("<ii", 60_000, 60_000)))
    target.add("negative.bmp", patched(images["bmp"], 18, struct.pack("<ii", -100, -100)))
    target.add("offset.bmp", patched(images["bmp"], 10, struct.pack("<I", 2**31 - 1)))
    target.add(
        "60000.avif", patched(images["avif"], images["avif"].index(b"ispe") + 8, struct.pack(">II", 60_000, 60_000))
    )
    target.add("heic.heic", patched(images["avif"], 8, b"heic"), bad=False)
    target.add("size.tiff", tiff({256: 2**32 - 1, 257: 2**32 - 1}))
    target.add("strip.tiff", tiff({279: 2**32 - 1, 273: 2**32 - 9}))
    target.add("samples.tiff", tiff({277: 65_535}))
    target.add("tile.tiff", tiff({322: 2**31 - 16, 323: 2**31 - 16, 324: 8, 325: 2**31}), bad=False)
    target.add("zeros.tiff", tiff({256: 30_000, 257: 30_000, 259: 8}, zeros_deflated(900_000_000)))
    target.add("loop.tiff", tiff({}, following=8), bad=False)
    directories = b"".join(b"\0\0" + struct.pack("<I", 14 + 6 * n) for n in range(20_000))
    target.add("directories.tiff", b"II*\0\x08\0\0\0" + directories)


def _film_bombs(target: _Folder, videos: dict[str, bytes], kept: list[Image], good: Path) -> None:
    mp4, webm, size = videos["mp4"], videos["webm"], struct.pack(">HH", 16_384, 16_384)

    def box(name: bytes, offset: int, content: bytes, source: bytes = mp4) -> bytes:
        return patched(source, source.index(name) + 4 + offset, content)

    most = b"\x7f\xff\xff\xf0"
    target.add("samples.mp4", box(b"stsz", 8, most), bad=False)
    target.add("tiny-samples.mp4", box(b"stsz", 4, b"\0\0\0\1" + most))
    target.add(
        "sixty-million.mp4", box(b"stsc", 12, struct.pack(">I", 60_000_000), box(b"stsz", 4, b"\0\0\0\1\x03\x93\x87\0"))
    )
    target.add("zero-samples.mp4", box(b"stsz", 4, bytes(8)))
    target.add("chunks.mp4", box(b"stco", 4, most), bad=False)
    target.add("chunk-offset.mp4", box(b"stco", 8, most))
    target.add("times.mp4", box(b"stts", 4, most), bad=False)
    target.add("time-step.mp4", box(b"stts", 12, most), bad=False)
    target.add("no-time.mp4", box(b"stts", 12, bytes(4)), bad=False)
    target.add("duration.mp4", box(b"mvhd", 16, b"\xff\xff\xff\xf0", box(b"mdhd", 16, b"\xff\xff\xff\xf0")), bad=False)
    target.add("timescale-0.mp4", box(b"mdhd", 12, bytes(4)), bad=False)
    target.add("timescale.mp4", box(b"mdhd", 12, b"\xff\xff\xff\xff"), bad=False)
    target.add("edit.mp4", box(b"elst", 8, b"\xff\xff\xff\xff\x80\0\0\1"), bad=False)
    target.add("edits.mp4", box(b"elst", 4, most), bad=False)
    target.add("display.mp4", box(b"tkhd", 76, b"\xff\xff\0\0\xff\xff\0\0"), bad=False)
    target.add("16384.mp4", box(b"avc1", 24, size), bad=False)
    target.add("codec.mp4", mp4.replace(b"avc1", b"zzzz"))
    target.add("reference.mp4", mp4.replace(b"url ", b"alis"), bad=False)
    target.add("header-length.mp4", box(b"avcC", 6, b"\xff\xff"), bad=False)
    target.add("negative-box.mp4", b"\0\0\0\1moov" + b"\xff" * 8 + mp4)
    target.add("huge-box.mp4", b"\0\0\0\1mdat" + b"\x7f" + b"\xff" * 7 + mp4, bad=False)
    target.add("no-moov.mp4", mp4[: mp4.index(b"moov") - 4])
    target.add("moov-cut.mp4", mp4[: mp4.index(b"moov") + 400])
    target.add("moov-twice.mp4", mp4 + mp4[mp4.index(b"moov") - 4 :], bad=False)
    nested = b""
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl") * 4000:
        nested = struct.pack(">I", 8 + 100_000) + name + nested
    target.add("nested.mp4", mp4[:32] + nested)
    target.add(
        "many-tracks.mp4",
        mp4[:32] + (lambda b: struct.pack(">I", 8 + len(b)) + b"moov" + b)(b"\0\0\0\x08trak" * 90_000),
    )

    start = webm.index(b"\x9d\x01\x2a") + 3
    second = webm.index(b"\x9d\x01\x2a", start) + 3
    target.add("16000.webm", patched(webm, start, struct.pack("<HH", 16_000, 16_000)), bad=False)
    target.add("16000-later.webm", patched(webm, second, struct.pack("<HH", 16_000, 16_000)), bad=False)
    giant, later = good / "giant.mkv", good / "later.mkv"
    for path, at in ((giant, 0), (later, 8)):
        switching(path, kept * 2, at)
        target.add(f"16000-{path.name}", path.read_bytes(), bad=False)
    target.add("laces.mkv", videos["mkv"].replace(b"\xa3", b"\xa1"), bad=False)
    target.add(
        "unknown-sizes.mkv", videos["mkv"][:60] + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + videos["mkv"][60:], bad=False
    )
    target.add("index.avi", patched(videos["avi"], videos["avi"].index(b"idx1") + 4, b"\xff\xff\xff\x7f"), bad=False)
    header = videos["avi"].index(b"strf") + 12
    target.add("16384.avi", patched(videos["avi"], header, struct.pack("<ii", 16_384, 16_384)), bad=False)
    target.add(
        "rate.avi", patched(videos["avi"], videos["avi"].index(b"strh") + 28, b"\xff\xff\xff\x7f\1\0\0\0"), bad=False
    )

    made: dict[str, tuple[str, Clip]] = {
        "one-frame": ("mp4", replace(_FILM, count=1)),
        "1000-a-second": ("mp4", replace(_FILM, rate=Fraction(1000), count=60)),
        "slow": ("mp4", replace(_FILM, count=3, rate=Fraction(1, 50))),
        "negative-times": ("mkv", replace(_FILM, pts=[n - 6 for n in range(12)])),
        "far-apart": ("mkv", replace(_FILM, count=3, pts=[0, 1, 10**9])),
        "beyond-8k": ("avi", Clip(count=2, size=(8256, 64), codec="mjpeg", pix_fmt="yuvj420p")),
        "wide-pixels": ("mp4", replace(_FILM, count=4, aspect=Fraction(40))),
        "tall-pixels": ("mp4", replace(_FILM, count=4, aspect=Fraction(1, 40))),
        "tiny": ("mkv", Clip(count=8, size=(2, 2))),
    }
    for name, (suffix, clip) in made.items():
        path = good / f"{name}.{suffix}"
        images = kept if clip.size == _FILM.size else None
        bad = name in ("one-frame", "beyond-8k")
        frames = None if images is None else (images * 5)[: clip.count]
        target.add(path.name, make_clip(path, clip, frames).read_bytes(), bad=bad)
    mjpeg = make_clip(good / "j.avi", replace(_FILM, codec="mjpeg", pix_fmt="yuvj420p"), kept).read_bytes()
    target.add("65500-mjpeg.avi", mjpeg.replace(b"\x08\x00\x90\x00\xc0\x03", b"\x08\xff\xdc\xff\xdc\x03"), bad=False)
    target.add("silent.mp4", sound_alone(good / "sound.mp4").read_bytes())
    target.add("data-track.mp4", mp4.replace(b"soun", b"meta"), bad=False)
    target.add("no-picture.mp4", mp4.replace(b"vide", b"meta"), bad=False)
    target.add("no-frames.webm", webm[: webm.index(b"\x1f\x43\xb6\x75")])
    target.add(
        "session.ts",
        (b"G" + b"\n" * 9 + b"c=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n").ljust(188, b"\n") + b"G" + bytes(400),
    )


def patched(content: bytes, at: int, new: bytes) -> bytes:
    """`content` with `new` written over it from `at` on."""
    return content[:at] + new + content[at + len(new) :]


def zeros_deflated(count: int) -> bytes:
    """A zlib stream of `count` zero bytes, made without unfolding it."""
    block_size = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(block_size)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % block_size)) + packer.flush(zlib.Z_FINISH)
    return b"\x78\xda" + block * (count // block_size) + rest + struct.pack(">HH", count % 65_521, 1)


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    """A PNG of packed `rows`."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def many_scans(side: int, count: int) -> bytes:
    """A progressive JPEG whose last scan comes `count` times: each costs a pass over all pixels."""
    content = _saved(Pillow.new("L", (side, side)), "jpg", progressive=True)
    last = content.rindex(b"\xff\xda")
    tables = content.rindex(b"\xff\xc4", 0, last)
    return content[:tables] + content[tables:-2] * count + content[-2:]


def webp_canvas(width: int, height: int) -> bytes:
    """An extended WebP that has a canvas and nothing on it."""
    body = b"VP8X\x0a\0\0\0\x02\0\0\0" + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body += b"ANIM\x06\0\0\0" + bytes(6)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def tiff(changes: dict[int, int], pixels: bytes = bytes(4096), following: int = 0) -> bytes:
    """A grey 64x64 TIFF with some tags set otherwise; `following` is where the next directory is said to be."""
    tags = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: len(pixels)}
    tags |= {273: 8 + 2 + 12 * len(tags | changes) + 4, 278: changes.get(257, 64)} | changes
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + pixels


def sound_alone(path: Path) -> Path:
    """A file with sound and no picture, which its first bytes call a video."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def switching(path: Path, images: list[Image], at: int) -> None:
    """H.264 whose frame `at` begins with the announcement that from here on frames are 16000 pixels square."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"profile": "baseline", "g": "4", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = (*_FILM.size, "yuv420p")
        output.start_encoding()
        packets = [p for image in images for p in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24"))]
        for number, packet in enumerate([*packets, *stream.encode(None)]):
            if number == at:
                extra = bytes(stream.codec_context.extradata)
                _, sps, pps, *_ = extra.split(b"\0\0\0\1")
                announced = b"\0\0\0\1".join((b"", resized_sps(sps, 1000), pps))
                changed = av.Packet(announced + bytes(packet))
                changed.pts, changed.dts, changed.time_base = packet.pts, packet.dts, packet.time_base
                changed.stream, changed.is_keyframe = stream, packet.is_keyframe
                packet = changed
            output.mux(packet)


def resized_sps(sps: bytes, blocks: int) -> bytes:
    """A baseline H.264 sequence parameter set for pictures of `blocks` x `blocks` macroblocks."""
    bits = "".join(f"{byte:08b}" for byte in sps.replace(b"\0\0\3", b"\0\0"))
    at = 32
    fields = list(_exp_golomb(bits, at))
    poc_type = fields[2][0]
    at = fields[2 + (poc_type == 0) + 1][1] + 1  # after the number of reference frames and the flag behind it
    end = list(_exp_golomb(bits, at))[1][1]
    number = f"{blocks:b}"
    written = bits[:at] + 2 * ("0" * (len(number) - 1) + number) + bits[end:]
    written = written.rstrip("0")
    written = written.ljust(-(-len(written) // 8) * 8, "0")
    packed = bytes(int(written[n : n + 8], 2) for n in range(0, len(written), 8))
    for code in (0, 1, 2, 3):
        packed = packed.replace(bytes((0, 0, code)), bytes((0, 0, 3, code)))
    return packed


def _exp_golomb(bits: str, at: int) -> Iterator[tuple[int, int]]:
    """Numbers from `at` on, each with where it ends."""
    while at < len(bits) and "1" in bits[at:]:
        zeros = bits.index("1", at) - at
        end = at + 2 * zeros + 1
        yield int(bits[at + zeros : end] or "0", 2) - 1, end
        at = end
