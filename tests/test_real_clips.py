"""80 real videos of many makers through listing, extraction and reading."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from avloc.data.clips import Moment, Seconds
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.reader import open_shards
from avloc.data.shards.source_video import ExtractionSettings
from avloc.datasets import DownloadContext
from avloc.datasets.local import Settings, download
from tests.datasets.fetching import FETCH

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
RATES = ClipFormat(8.0, 256, 16000)


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason=f"research clips are not in {CLIPS}")
def test_all_real_clips_are_read(tmp_path: Path) -> None:
    """h264, vp9 and mpeg1; aac, opus, mp2 and mp3; 0.8 to 41 s; to 1504 pixels; 1 to 30 fps."""
    settings = Settings(
        videos=str(CLIPS), val_share=0.1, test_share=0.1, extensions=["mp4", "webm", "mpg"]
    )
    clips = download(settings, DownloadContext(tmp_path, 0, 2, FETCH)).clips
    assert len(clips) == 80
    extraction = ExtractionSettings(
        RATES, min_duration_s=1.0, max_duration_s=10.0, videos_per_shard=16
    )
    ledger = extract(clips, CLIPS, tmp_path / "out", tmp_path / "scratch", extraction, workers=2)
    assert Counter((f.status, f.reason) for f in ledger) == {
        ("ok", ""): 79,
        ("unusable", "shorter than 1.0 s (0.88 s)"): 1,
    }
    shards = open_shards(tmp_path / "out")
    for entry in shards.entries:
        assert entry.samples == entry.frames * 2000
        assert 8 <= entry.frames <= 80
        middle = Moment(entry.id, Seconds(entry.frames / 16))
        assert shards.frame(middle).std() > 5  # neither black nor grey
        assert np.abs(shards.window(middle, 60)).max() > 0.01  # not silent throughout
