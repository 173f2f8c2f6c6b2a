"""The three real data sets as a server on this machine has them: their own lists, few videos.

Lists and ids are the published ones. Those whose hundreds or thousands of videos would have to be
refused one by one are cut to a few rows, and the copy of the project pins the hash of these.
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
from tests.datasets.music_homes import META as MUSIC_META
from tests.datasets.music_homes import lay_out
from tests.projects import Project
from tests.servers import Behaviour, Server
from tests.videos import RATE_HZ, beeps, ffmpeg, numbered

SHARED = MUSIC_META.parents[2]
VGGSOUND_META = SHARED / "data/meta/vggsound"
VOXCELEB_META = SHARED / "data/meta/voxceleb2"
FACE = SHARED / "data/clips/av_speech/retalk_3.mp4"

MATERIAL = (MUSIC_META, VGGSOUND_META, VOXCELEB_META, FACE)

#: Each way in which a server misbehaves -> what the ledger then says.
FAULTS: dict[Behaviour, tuple[str, str]] = {
    "404": ("gone", "removed"),
    "403": ("failed", "refused"),
    "cut-off": ("failed", "network"),
    "stall": ("failed", "network"),
    "html": ("failed", "no-video"),
    "429 once": ("ok", ""),
}


@dataclass(frozen=True)
class Serving:
    """What a data set is served with, and what has to come of it.

    Parameters
    ----------
    mirrors
        Of the lists, for params.yaml.
    answers
        Clip -> how its video is answered; every other clip's video is not there (404).
    listed
        Split -> clips that the lists name.
    had
        Split -> clips that come.
    unasked
        Why clips are missing of which no video is asked for -> how many.
    source
        Changes of ``datasets.<name>.source``.
    scenes
        Sets and splits of test scenes that there are -> their number.
    """

    mirrors: Mapping[str, str]
    answers: Mapping[str, Behaviour]
    listed: Mapping[str, int]
    had: Mapping[str, int]
    scenes: Mapping[tuple[str, str], int]
    unasked: Mapping[str, int] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)


def answers(ids: list[str]) -> dict[str, Behaviour]:
    """Return the first clips with a fault each, and the rest without."""
    faults: list[Behaviour] = [*FAULTS]
    return dict(zip(ids, [*faults, *["ok"] * len(ids)], strict=False))  # type: ignore[list-item]


def answers_ok(ids: list[str]) -> dict[str, Behaviour]:
    """Return clips without a fault."""
    return dict.fromkeys(ids, "ok")


def repin(project: Project, module: str, pinned: PinnedFile, content: str) -> bytes:
    """Let the copy of the project pin another content of a list; return it."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    project.edit(f"src/avloc/datasets/{module}.py", pinned.sha256, digest)
    return content.encode()


def clip(path: Path, duration_s: float, fps: float) -> bytes:
    """Return a numbered, beeping video."""
    encode(path, numbered(round(duration_s * fps)), fps, beeps(duration_s), RATE_HZ)
    return path.read_bytes()


#: Of the authors' train split: one for each fault, then four that come.
MUSIC_TRAIN = [
    "oQJVBH6ST7o", "-XAsXmbExkE", "dpnBlIZGyJA", "91MhpKVea30", "qLLwSb9YX5g", "lVpWbUIW0gY",
    "Z36VEiqi02Y", "JkhKTTB0YB8", "ag7eC_pVobo", "fhzqzm0dYuE",
]  # fmt: skip
#: Solos of six instruments and two duets, all with boxes in their first 4 s.
MUSIC_TEST = [
    "ZRpsKMe5dSg", "9dOqmTMqp1k", "jW_AuF6dQYY", "iB17xqmFw3A", "4Oy5VmaacaI", "HPyM9xzrih0",
    "y0WB29MJJgQ", "vEOyhF8KLPE",
]  # fmt: skip


def serve_music(project: Project, server: Server, folder: Path) -> Serving:
    """Serve the lists as they are but for ten training rows, and 19 of 68 videos."""
    homes = lay_out(folder / "homes")
    for path in homes.rglob("*"):
        if path.is_file():
            server.files[path.relative_to(homes).as_posix()] = path.read_bytes()
    train = music.AUTHORS_SPLITS["train"]
    published = (MUSIC_META / "authors-split/train.csv").read_text().splitlines()
    rows = [row for row in published if row.endswith(tuple(MUSIC_TRAIN))]
    server.files[train.url.removeprefix(f"{music.RAW}/")] = repin(
        project, "music", train, "\n".join(rows)
    )
    given = answers(MUSIC_TRAIN) | answers_ok(["loCRmBvtHZ4", *MUSIC_TEST])
    server.add_videos(given, clip(folder / "music.mp4", 4.0, 25.0))
    return Serving(
        {music.RAW: server.url},
        given,
        listed={"train": 10, "val": 18, "test": 24 + 16},
        had={"train": 5, "val": 1, "test": 8},
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
#: What the archive says of the first samples; which clips they really are of is not known.
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


def serve_vggsound(project: Project, server: Server, folder: Path) -> Serving:
    """Serve the lists of samples and of test clips as they are, and eleven rows of the other."""
    module = vggsound_instruments
    rows = "".join(f"{name},{category}\n" for name, category in VGGSOUND_TRAIN)
    server.files["lists/vgginstruments_multi_train.txt"] = repin(
        project, "vggsound_instruments", module.CLIPS, rows
    )
    for name in ("vgginstruments_test.csv", "test.csv"):
        server.files[f"lists/{name}"] = (VGGSOUND_META / name).read_bytes()
    names = [name for name, _ in VGGSOUND_TRAIN]
    videos = {name[:11]: each for name, each in answers(names).items()}
    server.add_videos(
        videos | answers_ok([name[:11] for name in VGGSOUND_TEST]),
        clip(folder / "vggsound.mp4", 32.0, 5.0),
    )
    samples = [f"sample{number:04d}" for number in range(len(VGGSOUND_TEST))]
    return Serving(
        {module.AVGN: f"{server.url}/lists", module.VGGSOUND: f"{server.url}/lists"},
        answers(names) | answers_ok(samples),
        listed={"train": 10, "val": 1, "test": 446},
        had={"train": 5, "val": 1, "test": 4},
        scenes={("solo", "test"): 4, ("pair", "test"): 8},
        unasked={"no-mask": 442},
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


def serve_voxceleb(project: Project, server: Server, folder: Path) -> Serving:
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
        {id[8:19]: each for id, each in (answers(ids) | answers_ok(tests[:-1])).items()},
        (folder / "face.mp4").read_bytes(),
    )
    server.add_videos({tests[-1][8:19]: "ok"}, clip(folder / "faceless.mp4", 8.0, 10.0))
    return Serving(
        {module.RELEASE: f"{server.url}/lists"},
        answers(ids) | answers_ok(tests),
        listed={"train": 7, "val": 5, "test": 4},
        had={"train": 5, "val": 2, "test": 4},
        scenes={
            ("solo", "val"): 2, ("pair", "val"): 8, ("solo", "test"): 3, ("pair", "test"): 8,
        },
        source={"val_share": 0.4},
    )  # fmt: skip


SERVED: dict[str, Callable[[Project, Server, Path], Serving]] = {
    "music": serve_music,
    "vggsound-instruments": serve_vggsound,
    "voxceleb2": serve_voxceleb,
}
