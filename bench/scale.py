"""Work out disk, hours and GPU-hours of the real data sets: ``python -m bench.scale``.

The rates are in bench/scale.yaml; how long the rows are trained is in params.yaml. The tables are
written into docs/scale.md, between their markers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from avloc.config import params
from avloc.config.params import Params
from avloc.config.rows import resolve
from avloc.files import write_text
from avloc.report.marked_blocks import with_block

RATES = Path(__file__).with_name("scale.yaml")
PAGE = Path("docs/scale.md")
#: Bytes of a sample of sound, and of a pixel.
SAMPLE_BYTES, PIXEL_BYTES = 2, 3


@dataclass(frozen=True)
class Needs:
    """What a data set needs, from videos to metrics of all rows.

    Parameters
    ----------
    clips
        That are listed.
    videos_gb, shards_gb, jpeg_gb
        Of the videos; of the shards with raw frames; of shards with JPEG files.
    download_h
        Hours of downloading.
    extract_h, cache_h, evaluate_h
        Core-hours; evaluation of all rows, without the network.
    rows
        That are trained.
    steps
        Of all rows together.
    gpu_h, gpu_best_h
        GPU-hours of all rows end to end, and if the loader kept up with the step.
    """

    clips: int
    videos_gb: float
    shards_gb: float
    jpeg_gb: float
    download_h: float
    extract_h: float
    cache_h: float
    evaluate_h: float
    rows: int
    steps: int
    gpu_h: float
    gpu_best_h: float


def needs(rates: dict[str, Any], settings: Params, name: str, multiple: int) -> Needs:
    """Return what a multiple of a data set needs.

    Parameters
    ----------
    rates
        Content of bench/scale.yaml.
    settings
        All of params.yaml.
    name
        Of the data set.
    multiple
        Of its clips and training steps.
    """
    known, block, guessed = rates["data_sets"][name], settings.dataset(name), rates["guessed"]
    clips = known["clips"] * multiple
    seconds = clips * known["clip_s"]
    frames_gb = seconds * block.fps * block.image_px**2 * PIXEL_BYTES / 1e9
    sound_gb = seconds * settings.audio.sample_rate_hz * SAMPLE_BYTES / 1e9
    received_s = known["clip_s"] * guessed["video_mbit_s"] / guessed["server_mbit_s"]
    per_clip_s = settings.fetch.pause_s + guessed["request_s"] + received_s
    of_rows = [resolve(settings, name, row).train.steps for row in settings.rows_of(name)]
    trained = [steps for steps in of_rows if steps]
    steps, cpu = sum(trained) * multiple, rates["cpu"]
    return Needs(
        clips=clips,
        videos_gb=seconds * guessed["video_mbit_s"] / 8e3,
        shards_gb=frames_gb + sound_gb,
        jpeg_gb=frames_gb * rates["frames"]["jpeg_share"] + sound_gb,
        download_h=clips * per_clip_s / settings.fetch.parallel / 3600,
        extract_h=seconds / 60 * cpu["extract_s_per_minute"][round(block.fps)] / 3600,
        cache_h=known["scenes"] * cpu["cache_s_per_scene"] / 3600,
        evaluate_h=len(trained) * known["scenes"] * cpu["evaluate_s_per_scene"] / 3600,
        rows=len(trained),
        steps=steps,
        gpu_h=steps * rates["gpu"]["end_to_end_ms"] / 3.6e6,
        gpu_best_h=steps * rates["gpu"]["step_ms"] / 3.6e6,
    )


def all_needs(rates: dict[str, Any], settings: Params) -> dict[str, Needs]:
    """Return name of a data set, or of a multiple of one -> what it needs.

    Parameters
    ----------
    rates, settings
        As for `needs`.
    """
    found = {name: needs(rates, settings, name, 1) for name in rates["data_sets"]}
    for name, multiples in rates["multiples"].items():
        for times in multiples:
            found[f"{name} x {times}"] = needs(rates, settings, name, times)
    return found


def disk_table(found: dict[str, Needs]) -> str:
    """Return the Markdown table of clips, disk and downloading."""
    lines = [
        "| data set | clips | videos | shards | shards with JPEG | hours to download |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| `{name}` | {need.clips:,} | {_size(need.videos_gb)} | {_size(need.shards_gb)} | "
        f"{_size(need.jpeg_gb)} | {_hours(need.download_h)} |"
        for name, need in found.items()
    ]
    return "\n".join(lines)


def time_table(found: dict[str, Needs]) -> str:
    """Return the Markdown table of core-hours and GPU-hours."""
    lines = [
        "| data set | extract, core-hours | cache, core-hours | rows | steps of all | "
        "GPU-hours, end to end | GPU-hours, step alone | evaluate, core-hours |",
        "| :-- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| `{name}` | {_hours(need.extract_h)} | {_hours(need.cache_h)} | {need.rows} | "
        f"{need.steps:,} | {_hours(need.gpu_h)} | {_hours(need.gpu_best_h)} | "
        f"{_hours(need.evaluate_h)} |"
        for name, need in found.items()
    ]
    return "\n".join(lines)


def _size(gigabytes: float) -> str:
    """Return two digits in GB or TB."""
    terabytes = gigabytes >= 1000
    value = float(f"{gigabytes / 1000 if terabytes else gigabytes:.2g}")
    return f"{value:,g} {'TB' if terabytes else 'GB'}"


def _hours(hours: float) -> str:
    """Return two digits, with three figures after the point at most."""
    return f"{float(f'{hours:.2g}'):,g}"


def page(text: str) -> str:
    """Return docs/scale.md with its tables as the rates and settings have them now."""
    found = all_needs(yaml.safe_load(RATES.read_text(encoding="utf-8")), params.load())
    text = with_block(text, "disk", disk_table(found))
    return with_block(text, "hours", time_table(found))


def main() -> None:
    """Write the tables of docs/scale.md."""
    write_text(PAGE, page(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
