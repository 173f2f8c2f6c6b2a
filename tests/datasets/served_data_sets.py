"""The three real data sets, served by this machine: their own lists, and few videos.

Lists and ids are the published ones. Lists of hundreds or thousands of videos are cut to a few
rows, and the copy of the project pins the hashes of the cut lists.
"""

import hashlib
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from avloc.datasets import music, vggsound_instruments, voxceleb2
from avloc.datasets.download.pinned_files import PinnedFile
from avloc.media import encode
from tests.datasets.music_mirror import META as MUSIC_META
from tests.datasets.music_mirror import write_mirror
from tests.projects import Project
from tests.servers import Behaviour, Server
from tests.videos import RATE_HZ, beeps, ffmpeg, numbered

SHARED = MUSIC_META.parents[2]
VGGSOUND_META = SHARED / "data/meta/vggsound"
VOXCELEB_META = SHARED / "data/meta/voxceleb2"
FACE = SHARED / "data/clips/av_speech/retalk_3.mp4"

MATERIAL = (MUSIC_META, VGGSOUND_META, VOXCELEB_META, FACE)

#: Fault of a server -> status and reason in the ledger.
FAULTS: dict[Behaviour, tuple[str, str]] = {
    "404": ("gone", "removed"),
    "403": ("failed", "refused"),
    "cut-off": ("failed", "network"),
    "stall": ("failed", "network"),
    "html": ("failed", "no-video"),
    "429 once": ("ok", ""),
}


@dataclass(frozen=True)
class ServedDataSet:
    """How a data set is served, and what its pipeline must make of it.

    Parameters
    ----------
    mirrors
        Of the lists, for params.yaml.
    behaviours
        Clip -> behaviour of the server for its video; the videos of other clips are missing (404).
    catalogue
        Split -> number of clips in the catalogue.
    available
        Split -> clips that can be downloaded.
    scenes
        Test set and split -> number of scenes.
    not_requested
        Reason -> clips that are missing for it without a request.
    source
        Changes of ``datasets.<name>.source``.
    """

    mirrors: Mapping[str, str]
    behaviours: Mapping[str, Behaviour]
    catalogue: Mapping[str, int]
    available: Mapping[str, int]
    scenes: Mapping[tuple[str, str], int]
    not_requested: Mapping[str, int] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)


def with_faults(ids: list[str]) -> dict[str, Behaviour]:
    """Return clip -> behaviour: each fault once, then no fault."""
    faults: list[Behaviour] = [*FAULTS]
    return dict(zip(ids, [*faults, *["ok"] * len(ids)], strict=False))  # type: ignore[list-item]


def without_faults(ids: list[str]) -> dict[str, Behaviour]:
    """Return clip -> behaviour without a fault."""
    return dict.fromkeys(ids, "ok")


def repin(project: Project, module: str, pinned: PinnedFile, content: str) -> bytes:
    """Make the copy of the project pin other content of a list; return that content."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    project.edit(f"src/avloc/datasets/{module}.py", pinned.sha256, digest)
    return content.encode()


def clip(path: Path, duration_s: float, fps: float) -> bytes:
    """Return a numbered, beeping video."""
    encode(path, numbered(round(duration_s * fps)), fps, beeps(duration_s), RATE_HZ)
    return path.read_bytes()


#: Of the authors' train split: one for each fault, then four without.
MUSIC_TRAIN = [
    "oQJVBH6ST7o", "-XAsXmbExkE", "dpnBlIZGyJA", "91MhpKVea30", "qLLwSb9YX5g", "lVpWbUIW0gY",
    "Z36VEiqi02Y", "JkhKTTB0YB8", "ag7eC_pVobo", "fhzqzm0dYuE",
]  # fmt: skip
#: Solos of six instruments and two duets, all with boxes in their first 4 s.
MUSIC_TEST = [
    "ZRpsKMe5dSg", "9dOqmTMqp1k", "jW_AuF6dQYY", "iB17xqmFw3A", "4Oy5VmaacaI", "HPyM9xzrih0",
    "y0WB29MJJgQ", "vEOyhF8KLPE",
]  # fmt: skip


def serve_music(project: Project, server: Server, folder: Path) -> ServedDataSet:
    """Serve the lists, of the train split only ten rows, and 19 of 68 videos."""
    mirror = write_mirror(folder / "mirror")
    for path in mirror.rglob("*"):
        if path.is_file():
            server.files[path.relative_to(mirror).as_posix()] = path.read_bytes()
    train = music.AUTHORS_SPLITS["train"]
    published = (MUSIC_META / "authors-split/train.csv").read_text().splitlines()
    rows = [row for row in published if row.endswith(tuple(MUSIC_TRAIN))]
    server.files[train.url.removeprefix(f"{music.RAW}/")] = repin(
        project, "music", train, "\n".join(rows)
    )
    given = with_faults(MUSIC_TRAIN) | without_faults(["loCRmBvtHZ4", *MUSIC_TEST])
    server.add_videos(given, clip(folder / "music.mp4", 4.0, 25.0))
    return ServedDataSet(
        {music.RAW: server.url},
        given,
        catalogue={"train": 10, "val": 18, "test": 24 + 16},
        available={"train": 5, "val": 1, "test": 8},
        scenes={("solo", "test"): 8, ("duet", "test"): 8, ("mosaic", "test"): 8},
    )


VGGSOUND_TRAIN = [
    ("--IOqc-XgYo_000000", "piano"), ("--gJvz9RrfA_000013", "bass_guitar"),
    ("-03Hd0MBgQY_000000", "piano"), ("-0jbsobEJg8_000000", "harpsichord"),
    ("-0mLdC1zRx8_000016", "cornet"), ("-39sHTky_6o_000000", "ukulele"),
    ("-3G6bE5PqIQ_000002", "cymbal"), ("-4CtdVLzUHM_000020", "double_bass"),
    ("-4XHW-rTETw_000000", "accordion"), ("-516tRoxniU_000020", "cello"),
    ("-5NxigJHFJg_000000", "harp"),
]  # fmt: skip
#: Clips of the first samples in our archive; the real ones are not known.
VGGSOUND_TEST = [
    "---g-f_I2yQ_000001", "--U7joUcTCo_000000", "--i-y1v8Hy8_000000", "-0Zg_dXR_6I_000013",
]  # fmt: skip


def masks(path: Path) -> Path:
    """Write an archive with masks of the samples above and a row for each."""
    rows = ["sample_index,current_frame_path"]
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(VGGSOUND_TEST):
            mask = np.zeros((36, 48), np.uint8)
            mask[10:30, 10 + number : 30 + number] = 1
            archive.writestr(f"test/Masks/sample{number:04d}.pkl", pickle.dumps(mask))
            rows.append(f"sample{number:04d},frames/{name}/{8 + 3 * number:05d}.jpg")
        archive.writestr("test/samples.csv", "\n".join(rows))
    return path


def serve_vggsound(project: Project, server: Server, folder: Path) -> ServedDataSet:
    """Serve the lists of samples and of test clips, and eleven rows of that of training clips."""
    module = vggsound_instruments
    rows = "".join(f"{name},{category}\n" for name, category in VGGSOUND_TRAIN)
    server.files["lists/vgginstruments_multi_train.txt"] = repin(
        project, "vggsound_instruments", module.CLIPS, rows
    )
    for name in ("vgginstruments_test.csv", "test.csv"):
        server.files[f"lists/{name}"] = (VGGSOUND_META / name).read_bytes()
    names = [name for name, _ in VGGSOUND_TRAIN]
    videos = {name[:11]: each for name, each in with_faults(names).items()}
    server.add_videos(
        videos | without_faults([name[:11] for name in VGGSOUND_TEST]),
        clip(folder / "vggsound.mp4", 32.0, 5.0),
    )
    samples = [f"sample{number:04d}" for number in range(len(VGGSOUND_TEST))]
    return ServedDataSet(
        {module.AVGN: f"{server.url}/lists", module.VGGSOUND: f"{server.url}/lists"},
        with_faults(names) | without_faults(samples),
        catalogue={"train": 10, "val": 1, "test": 446},
        available={"train": 5, "val": 1, "test": 4},
        scenes={("solo", "test"): 4, ("pair", "test"): 8},
        not_requested={"no-mask": 442},
        source={"annotations": str(masks(folder / "masks.zip"))},
    )


VOXCELEB_VAL = [
    "id07007/UfmyEAY-d9E_1.080_6.180", "id06958/wqRuUHvs3Go_0.240_5.340",
    "id06535/ZN0pqkKhf1o_1.680_6.780", "id07043/bNYj1H1lJQg_0.440_5.540",
    "id07034/tfv4W7bHsn4_1.400_6.500", "id06480/gxh9O-5aBPc_0.360_5.460",
    "id07031/ExCGcIuc-cA_0.920_6.020", "id07392/HmOOunPjevk_0.480_5.580",
    "id06820/K5o-_z8m47w_1.920_7.020", "id07135/KtwtyKSW48c_1.400_6.500",
    "id07227/wlN4RvEgxuQ_0.520_5.620", "id06622/cGdQXI3B7GM_0.360_5.460",
]  # fmt: skip
#: The last one's video shows no face.
VOXCELEB_TEST = [
    "id07726/8OpMfL7ir44_0.280_5.380", "id08239/eFWd61J0FlQ_1.600_6.700",
    "id09046/qoFHgPd4GaY_0.320_5.420", "id08019/sa-sBTDXHk8_0.400_5.500",
]  # fmt: skip


def voxceleb_id(line: str) -> str:
    """Return the id of a line's clip: speaker, video and start in milliseconds."""
    speaker, _, rest = line.partition("/")
    return f"{speaker}_{rest[:11]}_{round(1000 * float(rest[12:].partition('_')[0]))}"


def serve_voxceleb(project: Project, server: Server, folder: Path) -> ServedDataSet:
    """Serve twelve rows of the authors' val list and four of their test list, with a real face."""
    module = voxceleb2
    for name, pinned, lines in (
        ("val.csv", module.VAL, VOXCELEB_VAL),
        ("test.csv", module.TEST, VOXCELEB_TEST),
    ):
        published = (VOXCELEB_META / name).read_text().splitlines()
        rows = [row for line in lines for row in published if row.endswith(line)]
        assert len(rows) == len(lines)
        server.files[f"lists/{name}"] = repin(project, "voxceleb2", pinned, "\n".join(rows))
    ffmpeg(
        "-stream_loop", "-1", "-i", FACE, "-t", "8", "-vf", "scale=-2:240", "-r", "10",
        folder / "face.mp4",
    )  # fmt: skip
    ids = [voxceleb_id(line) for line in VOXCELEB_VAL]
    tests = [voxceleb_id(line) for line in VOXCELEB_TEST]
    server.add_videos(
        {id[8:19]: each for id, each in (with_faults(ids) | without_faults(tests[:-1])).items()},
        (folder / "face.mp4").read_bytes(),
    )
    server.add_videos({tests[-1][8:19]: "ok"}, clip(folder / "faceless.mp4", 8.0, 10.0))
    return ServedDataSet(
        {module.RELEASE: f"{server.url}/lists"},
        with_faults(ids) | without_faults(tests),
        catalogue={"train": 7, "val": 5, "test": 4},
        available={"train": 5, "val": 2, "test": 4},
        scenes={
            ("solo", "val"): 2, ("pair", "val"): 8, ("solo", "test"): 3, ("pair", "test"): 8,
        },
        source={"val_share": 0.4},
    )  # fmt: skip


SERVED: dict[str, Callable[[Project, Server, Path], ServedDataSet]] = {
    "music": serve_music,
    "vggsound-instruments": serve_vggsound,
    "voxceleb2": serve_voxceleb,
}
