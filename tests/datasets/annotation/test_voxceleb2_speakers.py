"""Genders of speakers: wrong if a pair of one gender holds a speaker of the other."""

from pathlib import Path

import pytest

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Clip, Seconds
from avloc.datasets.annotation.voxceleb2_speakers import gender_tags, read_genders
from avloc.errors import UserError
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.planning import SceneSplit, plan_scenes

HEADER = "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set "


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "vox2_meta.csv"
    path.write_text("\n".join([header, *rows]))
    return path


def test_the_published_form_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "id00012 ,n000012 ,m ,dev ", "id00015 ,n000015 ,f ,test ", "")
    assert read_genders(path) == {"id00012": "m", "id00015": "f"}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["A.J._Buckley ,n000012 ,m ,dev "], "row 2: .*is not of the form id00012"),
        (["id00012 ,n000012 ,x ,dev "], "row 2: Gender 'x' is not m or f"),
        (["id00012 ,n1 ,m ,dev ", "id00012 ,n1 ,f ,dev "], "row 3: id00012 has another gender"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, rows: list[str], fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        read_genders(written(tmp_path, *rows))


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`speakers` of voxceleb2: .*there is no such file"):
        read_genders(tmp_path / "nothing.csv")
    with pytest.raises(UserError, match="column 'Gender' is missing"):
        read_genders(written(tmp_path, header="VoxCeleb2 ID,Set"))


def test_tagged_pairs_are_of_one_gender() -> None:
    genders = {f"id{number:05d}": "fm"[number % 2] for number in range(10)}
    clips = [Clip(f"{s}_c", "", "test", (s,), "") for s in [*genders, "id00099"]]
    tags = gender_tags([*clips, Clip("t", "", "train", (), "")], genders)
    assert "id00099_c" not in tags and "t" not in tags
    annotations: Annotations = {
        clip.id: (AnnotatedTime(Seconds(0.5), (AnnotatedObject(clip.classes[0], (0, 0, 1, 1)),)),)
        for clip in clips
    }
    counts: dict[str, dict[SceneSplit, int]] = {"pair-f": {"test": 10}, "pair-m": {"test": 10}}
    candidates = [CandidateClip(c.id, c.split, c.classes, 5.1, tags.get(c.id, ())) for c in clips]
    scenes, notes = plan_scenes(candidates, annotations, counts, 0.96, 0)
    assert len(scenes) == 20 and not notes
    for scene in scenes:
        assert {genders[target.category] for target in scene.targets} == {scene.set[-1]}
