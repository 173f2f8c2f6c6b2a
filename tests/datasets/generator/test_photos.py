"""Photos: wrong if one is read otherwise than people see it, or half of it is made up."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from avloc.datasets.generator.photos import read_photo
from avloc.errors import UserError

RED, WIDTH, HEIGHT = (200, 20, 20), 60, 40


def picture() -> Image.Image:
    """White, with a red quarter at the top left."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = RED
    return Image.fromarray(pixels)


def red_centre(photo: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(photo[..., 0].astype(int) - photo[..., 2] > 90)
    return columns.mean() / photo.shape[1], rows.mean() / photo.shape[0]


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
@pytest.mark.parametrize(
    ("orientation", "size", "centre"),
    [
        (1, (WIDTH, HEIGHT), (0.25, 0.25)),
        (2, (WIDTH, HEIGHT), (0.75, 0.25)),  # mirrored
        (3, (WIDTH, HEIGHT), (0.75, 0.75)),
        (6, (HEIGHT, WIDTH), (0.75, 0.25)),  # a quarter clockwise
        (8, (HEIGHT, WIDTH), (0.25, 0.75)),
    ],
)
def test_a_photo_is_turned_as_its_exif_data_ask_for(
    tmp_path: Path,
    ending: str,
    orientation: int,
    size: tuple[int, int],
    centre: tuple[float, float],
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture().save(path := tmp_path / f"x.{ending}", exif=exif)
    photo = read_photo(path)
    assert photo.shape == (size[1], size[0], 3)
    assert red_centre(photo) == pytest.approx(centre, abs=0.05)


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "RGBA", "progressive"])
def test_kinds_of_pictures(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.jpg" if mode in ("CMYK", "progressive") else "x.png")
    shown = picture() if mode == "progressive" else picture().convert(mode)
    shown.save(path, progressive=mode == "progressive")
    photo = read_photo(path)
    assert photo.shape == (HEIGHT, WIDTH, 3) and photo.dtype == np.uint8
    assert photo[35, 55].min() > 245
    if mode != "L":
        assert photo[10, 15].astype(int) == pytest.approx(RED, abs=25)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "x.png"), np.full((4, 6), 200 * 257, np.uint16))
    assert read_photo(tmp_path / "x.png").tolist() == [[[200] * 3] * 6] * 4


def test_pictures_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    """`cv2.imread` would make up the rest of a JPEG."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for ending in ("jpg", "png", "webp", "bmp"):
        path = tmp_path / f"x.{ending}"
        Image.fromarray(noise).save(path)
        whole = path.read_bytes()
        for part in (0.0, 0.2, 0.6, 0.95):
            path.write_bytes(whole[: int(part * len(whole))])
            with pytest.raises(UserError, match="no picture that can be read, or is cut off"):
                read_photo(path)
        path.write_bytes(whole + b"more")
        read_photo(path)


def test_a_jpeg_with_a_preview_is_cut_off_all_the_same(tmp_path: Path) -> None:
    """The preview in its EXIF data has an end of its own."""
    picture().save(preview := tmp_path / "preview.jpg")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path := tmp_path / "x.jpg")
    content = preview.read_bytes()
    segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
    whole = path.read_bytes()
    path.write_bytes(whole[:2] + segment + whole[2:])
    assert read_photo(path).shape == (64, 64, 3)
    path.write_bytes((whole[:2] + segment + whole[2:])[:-60])
    with pytest.raises(UserError, match="cut off"):
        read_photo(path)


def test_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_text("no picture")
    with pytest.raises(UserError, match=r"x\.jpg is no picture that can be read"):
        read_photo(tmp_path / "x.jpg")
