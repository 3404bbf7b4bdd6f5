import numpy as np
from PIL import Image as Pillow

from motioncast.media.preview import GAP_PX, LABEL_PX, contact_sheet, save_png

RED, BLUE = (np.full((40, 80, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))


def test_pictures_stand_in_rows_at_one_height():
    sheet = contact_sheet([[RED, BLUE], [BLUE[:, :40]]], height=20)
    assert sheet.shape == (2 * (20 + GAP_PX), 2 * (40 + GAP_PX) + GAP_PX, 3)
    assert sheet[GAP_PX + 10, GAP_PX + 20].tolist() == [255, 0, 0]
    assert sheet[GAP_PX + 10, 2 * GAP_PX + 60].tolist() == [0, 0, 255]
    assert sheet[2 * GAP_PX + 30, GAP_PX + 10].tolist() == [0, 0, 255]
    assert sheet[2 * GAP_PX + 30, GAP_PX + 30].min() > 200


def test_labels_are_written_above_the_rows():
    plain, labelled = contact_sheet([[RED]], 40), contact_sheet([[RED]], 40, ["animate"])
    assert labelled.shape[0] == plain.shape[0] + LABEL_PX
    assert np.array_equal(labelled[LABEL_PX:], plain)
    assert labelled[:LABEL_PX].min() < 100


def test_grey_and_transparent_pictures_are_shown_too():
    assert contact_sheet([[RED[..., 0], np.dstack([RED, RED[..., 0]])]], 40).shape[2] == 3


def test_a_png_holds_the_same_pixels(tmp_path):
    save_png(tmp_path / "s.png", BLUE)
    assert np.array_equal(np.asarray(Pillow.open(tmp_path / "s.png")), BLUE)
