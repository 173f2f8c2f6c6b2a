"""Composed pictures: wrong if the object is cut badly, hidden, out of view or not where it says."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from avloc.datasets.annotation.stills_manifest import Item
from avloc.datasets.generator.photos import zoomed
from avloc.datasets.generator.still_backdrops import blurred_corner, room
from avloc.datasets.generator.still_composition import (
    Arrangement,
    CompositionSettings,
    Pasted,
    compose,
    draw_arrangement,
    in_view,
)
from avloc.datasets.generator.still_cutouts import cut_out

RED, GREEN = (210, 10, 10), (10, 200, 10)
SIDE = 100


def ring(colour: tuple[int, int, int], backdrop: int = 255) -> np.ndarray:
    """Return a ring, 60 wide and 40 high, before one colour, which is seen through it as well."""
    photo = np.full((SIDE, SIDE, 3), backdrop, np.uint8)
    photo[30:70, 20:80] = colour
    photo[42:58, 35:65] = backdrop
    return photo


def scene() -> np.ndarray:
    """Return a photo without a plain backdrop."""
    return np.random.default_rng(0).integers(0, 256, (60, 90, 3)).astype(np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, str]:
    made = {"red": ring(RED), "green": ring(GREEN), "scene": scene()}
    for name, photo in made.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), photo[..., ::-1])
    return {name: str(tmp_path / f"{name}.png") for name in made}


@pytest.mark.parametrize("backdrop", [255, 128, 0])
def test_an_object_is_cut_out_without_what_lies_behind_it(backdrop: int) -> None:
    """A white rim or hole would show the network which objects are pasted."""
    cut = cut_out(ring(RED, backdrop))
    assert cut.is_object
    assert cut.alpha.shape == pytest.approx((40, 60), abs=2)
    assert cut.alpha[20, 30] == 0  # seen through
    assert cut.alpha[6, 30] == 1 and cut.alpha[20, 7] == 1
    shown = cut.alpha > 0.5
    assert np.abs(cut.pixels[shown] - np.array(RED) / 255).max() < 0.15


def test_a_backdrop_with_a_gradient_is_cut_out() -> None:
    photo = ring(RED).astype(int)
    grey = np.repeat(np.linspace(90, 200, SIDE)[:, None], SIDE, axis=1)[..., None]
    photo = np.where(photo == 255, grey, photo).astype(np.uint8)
    cut = cut_out(photo)
    assert cut.is_object and cut.alpha.shape == pytest.approx((40, 60), abs=4)


def test_writing_in_the_margin_is_no_object() -> None:
    photo = ring(RED)
    photo[95:97, 3:5] = 0
    assert cut_out(photo).alpha.shape == pytest.approx((40, 60), abs=2)


@pytest.mark.parametrize("photo", [scene(), np.full((50, 50, 3), 255, np.uint8)])
def test_a_photo_without_a_cut_is_pasted_whole_with_soft_edges(photo: np.ndarray) -> None:
    cut = cut_out(photo)
    assert not cut.is_object and cut.alpha.shape == photo.shape[:2]
    middle = cut.alpha[photo.shape[0] // 2, photo.shape[1] // 2]
    assert middle == 1 and cut.alpha[0].max() < 0.1 and cut.alpha[:, -1].max() < 0.1


@pytest.mark.parametrize("longest", [8, 45, 200])
def test_an_object_is_scaled_without_a_rim(longest: int) -> None:
    cut = cut_out(ring(RED)).scaled(longest)
    assert max(cut.alpha.shape) == longest and cut.pixels.shape == (*cut.alpha.shape, 3)
    assert np.abs(cut.pixels[cut.alpha > 0.5] - np.array(RED) / 255).max() < 0.15


@pytest.mark.parametrize("backdrop", ["", "scene"])
def test_the_object_is_where_the_picture_says_and_nothing_hides_it(
    photos: dict[str, str], backdrop: str
) -> None:
    clutter = (Pasted(photos["green"], 0.6), Pasted(photos["scene"], 0.6))
    for number in range(6):
        arrangement = Arrangement(
            Pasted(photos["red"], 0.5), backdrop and photos[backdrop], clutter
        )
        picture, box = compose(arrangement, 80, np.random.default_rng(number))
        side = len(picture)
        assert picture.shape == (side, side, 3)
        x0, y0, x1, y1 = (round(edge * side) for edge in box)
        assert 0 <= x0 < x1 <= side and 0 <= y0 < y1 <= side
        assert max(x1 - x0, y1 - y0) == pytest.approx(side / 2, abs=1)
        colours = picture[y0:y1, x0:x1].astype(int)
        red = colours[..., 0] - colours[..., 1:].max(axis=2) > 90
        # The ring is 0.8 of its box.
        assert red.mean() == pytest.approx(0.8, abs=0.1)


def test_a_picture_depends_on_its_generator_only(photos: dict[str, str]) -> None:
    arrangement = Arrangement(Pasted(photos["red"], 0.4), "", (Pasted(photos["green"], 0.4),))
    first, again, other = (compose(arrangement, 64, np.random.default_rng(n)) for n in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1] and (first[0] != other[0]).any()


def test_a_photo_with_surroundings_goes_on_behind_its_edges(photos: dict[str, str]) -> None:
    """The object of such a photo takes up less than the photo, which is pasted larger."""
    arrangement = Arrangement(Pasted(photos["scene"], 0.35), "", ())
    _, box = compose(arrangement, 64, np.random.default_rng(0))
    assert box[2] - box[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_backgrounds_are_pictures(seed: int) -> None:
    for picture in (
        room(64, np.random.default_rng(seed)),
        blurred_corner(scene(), 64, np.random.default_rng(seed)),
    ):
        assert picture.shape == (64, 64, 3) and picture.dtype == np.float32
        assert picture.min() >= 0 and picture.max() <= 1 and picture.std() > 0.005


@pytest.mark.parametrize("zoom", [1.0, 1.3, 2.0])
def test_an_object_stays_in_view(zoom: float) -> None:
    """Its sound would go with a picture without it."""
    box = (0.6, 0.1, 0.95, 0.4)
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[20:80, 120:190] = 255
    for corner in np.random.default_rng(0).uniform(0, 1, (20, 2)):
        moved = in_view(corner, zoom, box)
        assert (moved >= 0).all() and (moved <= 1).all()
        seen = zoomed(picture, zoom, moved, 100)[..., 0] > 127
        assert seen.sum() == pytest.approx(30 * 35 * zoom**2, rel=0.05)


def item(path: str, category: str, box: tuple[float, ...] = ()) -> Item:
    return Item(path, "image", category, "train", "", box, path)


def test_the_settings_are_kept() -> None:
    chosen = CompositionSettings(composed_share=0.3, object_size=(0.2, 0.5), clutter_max=3)
    others = [item("boxed.png", "b", (0, 0, 9, 9)), item("scene.png", "c")]
    random = np.random.default_rng(0)
    drawn = [draw_arrangement(item("a.png", "a"), others, chosen, random) for _ in range(600)]
    made = [arrangement for arrangement in drawn if arrangement]
    assert len(made) / 600 == pytest.approx(0.3, abs=0.06)
    assert {len(arrangement.clutter) for arrangement in made} == {0, 1, 2, 3}
    assert {arrangement.backdrop for arrangement in made} == {"", "scene.png"}
    sizes = [pasted.size for arrangement in made for pasted in arrangement.objects]
    assert 0.2 <= min(sizes) < 0.25 and 0.45 < max(sizes) <= 0.5
    assert {arrangement.object.photo for arrangement in made} == {"a.png"}


def test_one_class_alone_is_composed_into_rooms() -> None:
    chosen = CompositionSettings(composed_share=1, object_size=(0.2, 0.5), clutter_max=3)
    arrangement = draw_arrangement(item("a.png", "a"), [], chosen, np.random.default_rng(0))
    assert arrangement and arrangement.photos == ["a.png"]


def test_sizes_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="smallest and the largest"):
        CompositionSettings(composed_share=1, object_size=(0.5, 0.2), clutter_max=3)
