import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from motioncast.errors import InputError
from motioncast.media.image import HEIF, is_still_image, load_image

WIDTH, HEIGHT = 96, 72


@pytest.fixture
def picture():
    """Four quadrants: red, green / blue, grey."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:36, :48], rgb[:36, 48:], rgb[36:, :48], rgb[36:, 48:] = (200, 30, 30), (30, 180, 40), (40, 50, 190), (128,) * 3
    return rgb


@pytest.mark.parametrize(
    ("suffix", "options", "tolerance"),
    [
        ("png", {}, 0),
        ("jpg", {"quality": 95, "subsampling": 0}, 4),
        ("webp", {"lossless": True}, 0),
        ("bmp", {}, 0),
        ("tiff", {}, 0),
        ("tiff", {"compression": "tiff_lzw"}, 0),
        ("gif", {}, 3),
    ],
)
def test_every_format_gives_the_same_opaque_picture(tmp_path, picture, suffix, options, tolerance):
    path = tmp_path / f"still.{suffix}"
    Pillow.fromarray(picture).save(path, **options)
    loaded = load_image(path)
    assert loaded.alpha is None
    assert loaded.rgb.dtype == np.uint8
    assert np.abs(loaded.rgb[10:26:4, 10:38:4].astype(int) - picture[10:26:4, 10:38:4]).max() <= tolerance
    assert np.abs(loaded.rgb.astype(int) - picture)[40:68, 52:92].max() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_exif_orientation_is_undone(tmp_path, picture, orientation, suffix):
    stored = Pillow.fromarray(picture)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    # what a camera stores is what exif_transpose undoes: search the turn that comes out upright
    for turn in [None, *Pillow.Transpose]:
        turned = stored if turn is None else stored.transpose(turn)
        turned.getexif()[0x0112] = orientation
        if np.array_equal(np.asarray(ImageOps.exif_transpose(turned)), picture):
            break
    path = tmp_path / f"turned.{suffix}"
    Pillow.fromarray(np.asarray(turned)).save(path, exif=exif, **({"quality": 95} if suffix != "tiff" else {}))
    loaded = load_image(path).rgb
    assert loaded.shape == picture.shape
    assert np.abs(loaded[18, 24].astype(int) - picture[18, 24]).max() < 12
    assert np.abs(loaded[54, 24].astype(int) - picture[54, 24]).max() < 12


def test_alpha_is_kept_and_the_colours_lie_over_white(tmp_path, picture):
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:36, :48], alpha[36:, :48] = 0, 128
    Pillow.fromarray(np.dstack([picture, alpha])).save(tmp_path / "cut.png")
    loaded = load_image(tmp_path / "cut.png")
    assert np.array_equal(loaded.alpha, alpha)
    assert loaded.rgb[5, 5].tolist() == [255, 255, 255]
    assert loaded.rgb[5, 90].tolist() == [30, 180, 40]
    assert np.abs(loaded.rgb[60, 5].astype(int) - (np.array([40, 50, 190]) + 255) / 2).max() <= 1


def test_palette_transparency_becomes_alpha(tmp_path):
    indexed = Pillow.new("P", (WIDTH, HEIGHT), 0)
    indexed.putpalette([0, 0, 0, 250, 10, 10])
    indexed.paste(1, (48, 0, WIDTH, HEIGHT))
    indexed.save(tmp_path / "p.png", transparency=0)
    indexed.save(tmp_path / "p.gif", transparency=0)
    for name in ("p.png", "p.gif"):
        loaded = load_image(tmp_path / name)
        assert loaded.alpha is not None
        assert (loaded.alpha[:, :48] == 0).all()
        assert (loaded.alpha[:, 48:] == 255).all()
        assert loaded.rgb[0, 0].tolist() == [255, 255, 255]
        assert loaded.rgb[0, 95].tolist() == [250, 10, 10]


def test_an_opaque_alpha_channel_counts_as_none(tmp_path, picture):
    Pillow.fromarray(np.dstack([picture, np.full((HEIGHT, WIDTH), 255, np.uint8)])).save(tmp_path / "o.png")
    assert load_image(tmp_path / "o.png").alpha is None


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_16_bit_grey_keeps_its_range(tmp_path, suffix):
    ramp = np.tile(np.linspace(0, 65535, WIDTH).astype(np.uint16), (HEIGHT, 1))
    Pillow.fromarray(ramp).save(tmp_path / f"deep.{suffix}")
    rgb = load_image(tmp_path / f"deep.{suffix}").rgb
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[0, -1].tolist() == [255, 255, 255]
    assert np.abs(rgb[0, :, 1].astype(float) - ramp[0] / 257).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "LA"])
def test_other_colour_modes_become_rgb(tmp_path, picture, mode):
    source = Pillow.fromarray(picture).convert(mode)
    path = tmp_path / ("m.jpg" if mode == "CMYK" else "m.png")
    source.save(path)
    rgb = load_image(path).rgb
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    expected = np.asarray(source.convert("RGB"))
    assert np.abs(rgb[50, 60].astype(int) - expected[50, 60]).max() <= 4
    assert np.abs(rgb[10, 10].astype(int) - expected[10, 10]).max() <= 8


def test_a_colour_profile_is_applied(tmp_path, picture):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Pillow.fromarray(picture).save(tmp_path / "s.png", icc_profile=lab.tobytes())
    assert np.abs(load_image(tmp_path / "s.png").rgb.astype(int) - picture).max() <= 1
    Pillow.fromarray(picture).save(tmp_path / "broken.png", icc_profile=b"not a profile at all")
    assert np.array_equal(load_image(tmp_path / "broken.png").rgb, picture)


def test_the_first_frame_of_an_animated_gif_is_taken(tmp_path):
    frames = [Pillow.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert load_image(tmp_path / "a.gif").rgb[0, 0].tolist() == [255, 0, 0]
    assert not is_still_image(tmp_path / "a.gif")


@pytest.mark.skipif(not HEIF, reason="pillow-heif is not installed")
def test_heic_is_read(tmp_path, picture):
    Pillow.fromarray(picture).save(tmp_path / "h.heic", quality=95)
    assert np.abs(load_image(tmp_path / "h.heic").rgb[10, 10].astype(int) - picture[10, 10]).max() < 12


def test_over_64_megapixels_is_refused_before_decoding(tmp_path):
    for side in (8100, 14000, 20000):  # under Pillow's own limits, over its warning, over its error
        Pillow.new("1", (side, side)).save(tmp_path / "bomb.png")
        with pytest.raises(InputError, match="64 megapixels"):
            load_image(tmp_path / "bomb.png")


def test_under_64_pixels_is_refused(tmp_path):
    Pillow.new("RGB", (63, 200)).save(tmp_path / "thin.png")
    with pytest.raises(InputError, match="63x200"):
        load_image(tmp_path / "thin.png")


@pytest.mark.parametrize(
    "content", [b"", b"just some text\n" * 9, b"\x89PNG\r\n\x1a\n" + bytes(64), b"\x00\x00\x00\x20ftypisom" * 4]
)
def test_what_is_no_image_is_one_sentence(tmp_path, content):
    path = tmp_path / "thing.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"thing\.png") as caught:
        load_image(path)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tiff", "bmp"])
def test_a_truncated_image_is_refused(tmp_path, picture, suffix):
    rng = np.random.default_rng(0)
    path = tmp_path / f"cut.{suffix}"
    Pillow.fromarray(rng.integers(0, 255, (HEIGHT * 4, WIDTH * 4, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=f"cut.{suffix}"):
        load_image(path)
