"""Plan the test scenes of a data set: which frames, which sounds, and which sources to find."""

import argparse
from collections import Counter

from avloc import paths
from avloc.config import params
from avloc.data.annotations import read_annotations
from avloc.data.shards.reader import open_shards
from avloc.errors import UserError, reported
from avloc.files import read_json
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.planning import plan_scenes, refusal
from avloc.scenes.scene import write_scenes
from avloc.scenes.windows import check_window


def main() -> None:
    """Write data/<dataset>/scenes.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        settings = params.load()
        check_window(settings.audio)
        shards = open_shards(paths.clips(name))
        tags = read_json(paths.tags(name))
        clips = [
            CandidateClip(
                clip.id,
                clip.split,
                clip.classes,
                clip.frames / shards.fps,
                tuple(tags.get(clip.id, ())),
            )
            for clip in shards.entries
        ]
        annotations = read_annotations(paths.annotations(name))
        counts, window_s = settings.dataset(name).scenes, settings.audio.window_s
        scenes, notes = plan_scenes(clips, annotations, counts, window_s, settings.seed)
        if not any(scene.split == "test" for scene in scenes):
            raise UserError(refusal(name, clips, annotations, counts, window_s))
        write_scenes(paths.scenes(name), scenes)
        for (test_set, split), count in Counter((s.set, s.split) for s in scenes).items():
            print(f"scenes: {test_set}/{split} has {count} scenes")
        for note in notes:
            print(f"scenes: {note}")


if __name__ == "__main__":
    main()
