"""Batches: who is drawn with whom, which frame and which sound, and the same again on resuming."""

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.seeding import rng
from avloc.training.sampling import Sampler
from avloc.training.views import CROP_RATIO, FixedViews, FreshViews

WINDOW, RATE, FPS = 960, 1000, 4.0


def sampler(clips: int = 7, batch_size: int = 6, group: int = 2, **changes: int) -> Sampler:
    return Sampler(
        views=FreshViews(np.full(clips, 12), crop_scale_min=0.5),
        samples=np.full(clips, 3000),
        fps=FPS,
        sample_rate_hz=RATE,
        window=WINDOW,
        batch_size=batch_size,
        group=group,
        frame_draws=2,
        sound_draws=2,
        seed=changes.get("seed", 0),
    )


def test_clips_of_a_mixture_differ_even_when_a_batch_spans_passes() -> None:
    draws = [sampler(clips=5, batch_size=12, group=3).draw(step).clips for step in range(50)]
    groups = np.concatenate(draws).reshape(-1, 3)
    assert all(len(set(group)) == 3 for group in groups.tolist())


def test_every_clip_is_drawn_as_often() -> None:
    """7 clips in groups of 2: each pass leaves one clip out, never the same one for long."""
    counts = np.bincount(np.concatenate([sampler().draw(step).clips for step in range(350)]))
    assert counts.sum() == 350 * 6
    assert counts.min() > 0.9 * counts.mean()


def test_a_step_is_the_same_whatever_came_before() -> None:
    """An interrupted run continues with the batches it would have seen."""
    fresh, used = sampler(), sampler()
    for step in range(20):
        used.draw(step)
    expected, draw = fresh.draw(20), used.draw(20)
    for name in ("clips", "windows"):
        np.testing.assert_array_equal(getattr(draw, name), getattr(expected, name))
    for name in ("numbers", "frames", "crops", "flips"):
        np.testing.assert_array_equal(getattr(draw.views, name), getattr(expected.views, name))


def test_another_seed_draws_other_batches() -> None:
    assert not np.array_equal(
        sampler(seed=1).draw(0).views.frames, sampler(seed=2).draw(0).views.frames
    )


def test_first_sound_is_centred_on_the_first_frame_and_stays_inside() -> None:
    for step in range(30):
        draw = sampler().draw(step)
        middle = draw.windows[0] + WINDOW / 2
        wanted = draw.views.frames[0] / FPS * RATE
        inside = (wanted >= WINDOW / 2) & (wanted <= 3000 - WINDOW / 2)
        np.testing.assert_allclose(middle[inside], wanted[inside], atol=0.5)
        assert draw.windows.min() >= 0
        assert draw.windows.max() <= 3000 - WINDOW


def test_second_sound_does_not_follow_the_first() -> None:
    """The shift of Eq. 4 is another window of the same clip, anywhere in it (decision D3)."""
    draws = [sampler().draw(step).windows for step in range(200)]
    first, second = np.concatenate(draws, axis=1)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
    assert second.min() < 100
    assert second.max() > 1900


def test_crops_lie_inside_the_frame_and_keep_their_ratio() -> None:
    crops = np.concatenate([sampler().draw(step).views.crops.reshape(-1, 4) for step in range(50)])
    centre, size = crops[:, :2], crops[:, 2:]
    assert (centre - size / 2 >= -1e-6).all()
    assert (centre + size / 2 <= 1 + 1e-6).all()
    whole = (size < 1).all(axis=1)
    ratio = size[whole, 0] / size[whole, 1]
    assert ratio.min() >= CROP_RATIO[0] - 1e-6
    assert ratio.max() <= CROP_RATIO[1] + 1e-6


def test_short_clips_start_at_their_beginning() -> None:
    short = Sampler(
        FreshViews(np.array([1, 1]), 0.8), np.array([500, 700]), FPS, RATE, WINDOW, 2, 2, 1, 2, 0
    )
    assert not short.draw(0).windows.any()


def test_batch_must_hold_whole_mixtures() -> None:
    with pytest.raises(UserError, match="batch_size: 7 is not a multiple of 2"):
        sampler(batch_size=7)


def test_too_few_clips_are_refused_by_number() -> None:
    with pytest.raises(UserError, match="has 1 usable clips, a batch needs at least 2"):
        sampler(clips=1)


def test_fixed_views_are_the_same_in_every_batch_and_are_all_used() -> None:
    """Stored features belong to one crop each; another crop would go with another image."""
    fixed = FixedViews(np.full(5, 12), 0.5, per_clip=3, seed=4)
    again = FixedViews(np.full(5, 12), 0.5, per_clip=3, seed=4)
    seen = set()
    for step in range(40):
        clips = rng("clips", step).permutation(5)[:4]
        random = rng("batch", step)
        views = fixed.views(random, clips, fixed.choose(random, clips, 2))
        np.testing.assert_array_equal(views.frames, again.all.frames[views.numbers, clips])
        np.testing.assert_array_equal(views.crops, again.all.crops[views.numbers, clips])
        np.testing.assert_array_equal(views.flips, again.all.flips[views.numbers, clips])
        seen |= set(zip(views.numbers.ravel().tolist(), [*clips, *clips], strict=True))
    assert len(seen) == 3 * 5
