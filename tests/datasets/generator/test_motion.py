"""Motion: wrong if objects leave the frame, jump, or overlap where there is room."""

import numpy as np

from avloc.datasets.generator.motion import Motion, draw_motion, scatter
from avloc.seeding import rng


def test_pose_is_a_sine_around_the_middle() -> None:
    motion = Motion(
        0.5, 0.4, 10.0, (0.1, 0.0, 20.0, 0.05), (0.25, 0.25, 0.5, 1.0), (0.0, 0.0, 0.0, 0.0)
    )
    pose = motion.at(1.0)  # a quarter, a quarter, half and a whole turn
    np.testing.assert_allclose(
        [pose.x, pose.y, pose.angle_deg, pose.scale], [0.6, 0.4, 10.0, 1.0], atol=1e-9
    )


def test_motion_is_smooth_and_stays_near_its_centre() -> None:
    motion = draw_motion((0.5, 0.5), (0.1, 0.05), rng("motion"))
    times = np.arange(0, 10, 0.125)
    x, y = np.array([(motion.at(t).x, motion.at(t).y) for t in times]).T
    assert np.ptp(x) > 0.05
    assert np.abs(x - 0.5).max() <= 0.1
    assert np.abs(y - 0.5).max() <= 0.05
    assert np.abs(np.diff(x)).max() < 0.04


def test_scatter_keeps_objects_inside_and_apart() -> None:
    for n in range(20):
        places = scatter([40, 50], [], (128, 128), 5.0, 1.0, rng("scatter", n))
        for (x, y), side in zip(places, (40, 50), strict=True):
            assert side / 2 + 5 <= min(x, y)
            assert max(x, y) <= 128 - side / 2 - 5
        assert np.linalg.norm(places[0] - places[1]) >= 45 + 5


def test_scatter_avoids_what_is_there() -> None:
    for n in range(20):
        [[x, y]] = scatter([20], [(30.0, 64.0, 50.0)], (128, 128), 0.0, 1.0, rng("avoid", n))
        assert np.hypot(x - 30, y - 64) >= 35


def test_scatter_without_room_takes_the_least_crowded_layout() -> None:
    places = scatter([60, 60, 60], [], (128, 128), 5.0, 1.0, rng("crowd"))
    closest = min(np.linalg.norm(places[i] - places[j]) for i in range(3) for j in range(i))
    assert closest > 40  # drawn at random it would be about half of that
