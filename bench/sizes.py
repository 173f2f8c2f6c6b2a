"""How much each yardstick measures: of everything little, for two cores, and for a GPU."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Parameters
    ----------
    rounds
        Turns of each thing that is compared.
    width, image_px, batch_size
        Of the training steps: channels of the first stage of both ResNet-18, side of the images,
        clips in a batch.
    steps
        Training steps of a block that count.
    clips
        Clips of the training data.
    workers
        Processes of the release's loader.
    loader_px, loader_batch
        Side of the frames and clips in a batch of the loaders alone.
    matmul
        Side of the square matrices that show how fast the machine multiplies.
    videos, video_s
        Videos that are extracted, and their length in seconds.
    scenes
        Scenes that are cached.
    scored_scenes
        Scenes that are scored.
    memory_clips
        Clips of the data of which memory is measured, and of twice as many.
    growth
        Clips at the lower end of each 16-fold range, an even number.
    """

    rounds: int
    width: int
    image_px: int
    batch_size: int
    steps: int
    clips: int
    workers: int
    loader_px: int
    loader_batch: int
    matmul: int
    videos: int
    video_s: float
    scenes: int
    scored_scenes: int
    memory_clips: int
    growth: int


#: For tests, and to see whether everything runs.
TINY = Size(
    rounds=1, width=2, image_px=32, batch_size=4, steps=1, clips=6, workers=1, loader_px=32,
    loader_batch=4, matmul=32, videos=1, video_s=1.0, scenes=4, scored_scenes=4, memory_clips=4,
    growth=2,
)  # fmt: skip

#: For two cores, five minutes: the steps are those of the embedded data set's thin networks.
CPU = Size(
    rounds=5, width=16, image_px=112, batch_size=32, steps=5, clips=128, workers=1, loader_px=224,
    loader_batch=128, matmul=1024, videos=4, video_s=8.0, scenes=200, scored_scenes=200,
    memory_clips=400, growth=12,
)  # fmt: skip

#: For a data-centre GPU and 16 cores: the steps are those of the paper.
GPU = replace(
    CPU, width=64, image_px=224, batch_size=128, steps=40, clips=384, workers=16, matmul=8192,
    rounds=3, memory_clips=384, scored_scenes=60,
)  # fmt: skip
