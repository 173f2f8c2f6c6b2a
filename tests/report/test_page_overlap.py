"""The page's own arithmetic: IoU in JavaScript equals that of the metrics."""

import numpy as np

from avloc.evaluation.localised_scene import Kind, LocalisedScene
from avloc.evaluation.maps import min_max, upsample
from avloc.evaluation.prediction import Prediction
from avloc.report.page.packing import ArrayPool, packed_masks, packed_sound
from tests.report.pages import run_scripts

HEIGHT, WIDTH = 30, 61
THRESHOLDS = (0.0, 0.2, 0.4, 0.55, 0.9)

IOU = """
  return given.map((scene) => {
    const maps = Arrays.maps(scene.maps);
    const masks = Arrays.masks(scene.masks, scene.height, scene.width);
    const size = (values) =>
      Overlap.scaled(Overlap.resize(values, maps.height, maps.width, scene.height, scene.width));
    const solo = scene.kind === "solo";
    const scored = solo ? [size(Overlap.mean(maps.values))] : maps.values.map(size);
    const targets = solo ? [Overlap.union(masks)] : masks;
    return scene.thresholds.map((t) =>
      Overlap.ofSources(Overlap.matrix(scored, targets, t), scene.inOrder));
  });
"""
#: Kind, number of maps, number of sources, and whether maps are in the order of the sources.
CASES: tuple[tuple[Kind, int, int, bool], ...] = (
    ("multi", 2, 2, False),
    ("multi", 3, 2, False),
    ("multi", 1, 3, False),
    ("multi", 3, 3, True),
    ("solo", 2, 2, False),
)


def scene(maps: int, sources: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    masks = np.zeros((sources, HEIGHT, WIDTH), dtype=bool)
    for source in range(sources):
        left = 3 + source * (WIDTH // sources)
        masks[source, 5:22, left : left + 13] = True
    return random.normal(size=(maps, 4, 7)).astype(np.float16), masks


def test_iou_is_that_of_the_metrics() -> None:
    """Else the slider would show other numbers than the tables for the same maps."""
    given, expected, pixels = [], [], []
    for seed, (kind, maps, sources, in_order) in enumerate(3 * CASES):
        values, masks = scene(maps, sources, seed)
        pool = ArrayPool()
        pool.number_of(values)
        given.append(
            {
                "maps": pool.entries[0],
                "masks": packed_masks(masks),
                "height": HEIGHT,
                "width": WIDTH,
                "kind": kind,
                "inOrder": in_order,
                "thresholds": THRESHOLDS,
            }
        )
        singles = values.astype(np.float32)
        prediction = Prediction(singles, singles.mean(axis=0, keepdims=True), in_order)
        expected.append(LocalisedScene(prediction, masks, kind).overlaps(THRESHOLDS))
        pixels.append(int(masks.sum()))
    for found, wanted, size in zip(
        run_scripts(("arrays", "overlap"), IOU, given), expected, pixels, strict=True
    ):
        # A pixel whose value is the threshold but for the last bit may fall on the other side.
        np.testing.assert_allclose(found, wanted, atol=2 / size)


def test_maps_are_resized_and_scaled_as_by_the_metrics() -> None:
    """An offset of half a cell would move every outline."""
    for shape in ((4, 7), (HEIGHT, WIDTH), (1, 3)):
        values = np.random.default_rng(1).normal(size=(1, *shape)).astype(np.float16)
        pool = ArrayPool()
        pool.number_of(values)
        program = """
          const { height, width, values } = Arrays.maps(given.maps);
          return [...Overlap.scaled(
            Overlap.resize(values[0], height, width, given.height, given.width))];
        """
        given = {"maps": pool.entries[0], "height": HEIGHT, "width": WIDTH}
        found = run_scripts(("arrays", "overlap"), program, given)
        expected = min_max(upsample(values, HEIGHT, WIDTH))[0]
        np.testing.assert_allclose(np.reshape(found, (HEIGHT, WIDTH)), expected, atol=2e-6)


def test_a_constant_map_finds_every_pixel() -> None:
    """The control that marks the whole image would find nothing."""
    found = run_scripts(
        ("overlap",), "return [...Overlap.scaled(new Float32Array(given))];", [0.3, 0.3]
    )
    assert found == [1, 1]


def test_sounds_survive_eight_bits() -> None:
    """A listener would hear noise, or one sound louder than the others."""
    time = np.arange(1600) / 16000
    wave = 0.01 * np.sin(2 * np.pi * 440 * time).astype(np.float32)
    program = "return [...Sound.samples(given)];"
    found = np.array(run_scripts(("arrays", "sound"), program, packed_sound(wave)))
    expected = wave * (0.1 / np.sqrt(np.mean(wave**2)))
    assert np.abs(found - expected).max() < 0.01
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.002


def test_the_mixture_is_the_mean_of_its_sounds() -> None:
    found = run_scripts(
        ("arrays", "sound"), "return Sound.mixture(given);", [[0.2, 0.0], [0.4, -0.2]]
    )
    np.testing.assert_allclose(found, [0.3, -0.1])


def test_silence_is_packed_without_a_fault() -> None:
    assert packed_sound(np.zeros(4, np.float32)) == packed_sound(np.zeros(4, np.float32))
