"""What kind of file some bytes begin, by their signature and never by their name."""

from dataclasses import dataclass

_BRANDS_OF_STILLS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif", b"avis": "avif"}
_BRANDS_OF_SOUND = {b"M4A ", b"M4B "}

#: Enough bytes for `sniff`.
SNIFF_BYTES = 4096


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of file."""

    kind: str  #: image, video or audio
    extension: str  #: without the dot
    mime: str


def _type(kind: str, extension: str, subtype: str | None = None) -> MediaType:
    return MediaType(kind, extension, f"{kind}/{subtype or extension}")


_PREFIXES: tuple[tuple[bytes, MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", _type("image", "png")),
    (b"\xff\xd8\xff", _type("image", "jpg", "jpeg")),
    (b"GIF87a", _type("image", "gif")),
    (b"GIF89a", _type("image", "gif")),
    (b"BM", _type("image", "bmp")),
    (b"II*\x00", _type("image", "tiff")),
    (b"MM\x00*", _type("image", "tiff")),
    (b"FLV\x01", _type("video", "flv", "x-flv")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _type("video", "wmv", "x-ms-wmv")),
    (b"OggS", _type("video", "ogv", "ogg")),
    (b"\x00\x00\x01\xba", _type("video", "mpg", "mpeg")),
    (b"\x00\x00\x01\xb3", _type("video", "mpg", "mpeg")),
    (b"ID3", _type("audio", "mp3", "mpeg")),
    (b"\xff\xfb", _type("audio", "mp3", "mpeg")),
    (b"fLaC", _type("audio", "flac")),
)
_RIFF = {b"WEBP": _type("image", "webp"), b"AVI ": _type("video", "avi", "x-msvideo"), b"WAVE": _type("audio", "wav")}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def sniff(head: bytes) -> MediaType | None:
    """The kind of file that begins with `head`, or None if it is none that Motioncast can use."""
    for prefix, found in _PREFIXES:
        if head.startswith(prefix):
            return found
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _type("video", "webm") if b"webm" in head[:64] else _type("video", "mkv", "x-matroska")
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _QUICKTIME_ATOMS:
        return _type("video", "mov", "quicktime")
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return _type("video", "ts", "mp2t")
    return None


def _by_brand(head: bytes) -> MediaType:
    brand = head[8:12]
    if brand in _BRANDS_OF_STILLS:
        return _type("image", _BRANDS_OF_STILLS[brand])
    if brand in _BRANDS_OF_SOUND:
        return _type("audio", "m4a", "mp4")
    if brand == b"qt  ":
        return _type("video", "mov", "quicktime")
    return _type("video", "3gp", "3gpp") if brand.startswith(b"3g") else _type("video", "mp4")
