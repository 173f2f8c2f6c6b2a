"""docs/scale.md: its tables are those of the present rates and settings, worked out rightly."""

import pytest
import yaml

from avloc.config import params
from bench import scale
from bench.scale import PAGE, RATES


def test_the_page_has_the_tables_of_the_present_rates() -> None:
    """The page would have hours of an earlier version; `python -m bench.scale` writes it anew."""
    text = PAGE.read_text(encoding="utf-8")
    assert scale.page(text) == text


def test_by_hand() -> None:
    """A formula would have lost a factor: VoxCeleb2's lists at 10 frames a second, ten times."""
    rates = yaml.safe_load(RATES.read_text(encoding="utf-8"))
    rates["cpu"]["extract_s_per_minute"][10] = 3.0
    need = scale.needs(rates, params.load(), "voxceleb2", 10)
    assert need.clips == 142_670
    seconds = 142_670 * 5.1
    assert need.shards_gb == pytest.approx(seconds * (10 * 224 * 224 * 3 + 16_000 * 2) / 1e9)
    assert need.videos_gb == pytest.approx(seconds * 0.6e6 / 8 / 1e9)
    # Pause, request, and 5.1 s of 0.6 Mbit/s at 10 Mbit/s; two at a time.
    assert need.download_h == pytest.approx(142_670 * (3 + 5 + 0.306) / 2 / 3600)
    assert need.extract_h == pytest.approx(seconds * 3 / 60 / 3600)
    assert need.gpu_h == pytest.approx(need.steps * 0.0494 / 3600)
