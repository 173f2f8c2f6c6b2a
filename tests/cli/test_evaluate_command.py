"""`avloc evaluate`: maps of others, and a model on one's own photos and sounds."""

import json
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from avloc.cli.main import main
from avloc.evaluation import evaluate
from avloc.inference.model import load
from avloc.inference.own_pictures import own_scenes, read_own_items
from avloc.seeding import rng
from tests.cli.test_localise import write_checkpoint

CLASSES = ("bell", "horn")
RATE_HZ = 16000


def write_tone(path: Path, pitch_hz: float) -> None:
    """Write 1.5 s of a sine."""
    tone = 8000 * np.sin(2 * np.pi * pitch_hz / RATE_HZ * np.arange(RATE_HZ * 3 // 2))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone.astype("<i2").tobytes())


def test_maps_and_masks_give_the_scores_of_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    random = rng("evaluate files")
    masks = np.zeros((6, 2, 8, 8), bool)
    masks[:, 0, :3, :3] = masks[:, 1, 5:, 5:] = True
    maps = random.normal(size=masks.shape)
    np.save("maps.npy", maps)
    np.savez("masks.npz", masks=masks)
    main(["evaluate", "--maps", "maps.npy", "--masks", "masks.npz", "--swapped", "maps.npy",
          "--json", "scores.json"])  # fmt: skip
    said = capsys.readouterr().out
    assert "CAP: class-aware average precision" in said and "6 scenes" in said
    written = json.loads(Path("scores.json").read_text())
    scores = written["sets"]["multi"]["scores"]
    expected = evaluate(maps, masks, "multi", swapped=maps) | {"gain": 0.0}
    assert {name: one["mean"] for name, one in scores.items()} == pytest.approx(expected)
    assert written["threshold"] == 0.4 and written["intervals"]["draws"] == 2000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "maps.npy", "masks.npz", "scores.json"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "give either --maps and --masks, or --model and --data"),
        (["--maps", "x.npy"], "--masks is missing"),
        (["--model", "ours-plus"], "--data is missing"),
        (["--maps", "x", "--masks", "y", "--threshold", "2"], "--threshold 2 is neither"),
        (["--maps", "x", "--masks", "y", "--level", "95"], "--level between 0 and 1"),
        (["--maps", "x.npy", "--masks", "y.npy"], "y.npy is no folder and no .npy"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *arguments])
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    assert fault in said and said.count("\n") == 1


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos of each of two classes, with a box on the left or the right, and two sounds."""
    folder = tmp_path_factory.mktemp("photos")
    lines = ["path,kind,class,split,source,x0,y0,x1,y1"]
    for number in range(6):
        image = rng("photo", number).integers(0, 256, (40, 60, 3), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
        left = 30 * (number % 2)
        box = f"{left},0,{left + 30},40"
        lines.append(f"{number}.png,image,{CLASSES[number % 2]},test,,{box}")
    lines.append("6.png,image,bell,train,,,,,")
    for number, category in enumerate(CLASSES):
        write_tone(folder / f"{category}.wav", 400.0 * (number + 1))
        lines.append(f"{category}.wav,sound,{category},test,note,,,,")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_scenes_of_own_photos_are_as_they_are_described(photos: Path, tmp_path: Path) -> None:
    """A box would lie on the wrong photo, or a sound be that of the other class."""
    model = load(write_checkpoint(tmp_path / "ours.pt", "ours", image_px=32), "cpu")
    items, folder = read_own_items(photos, "test")
    sets = own_scenes(items, folder, model, count=8, seed=0)
    assert list(sets) == ["solo", "pair"]
    solo, pair = sets["solo"].arrays, sets["pair"].arrays
    assert len(solo.ids) == 6, "no photo is shown twice"
    assert len(pair.ids) == 8 and pair.images.shape[1:] == (32, 64, 3)
    for number, (photo,) in enumerate(sets["solo"].units["photo"]):
        left = int(photo[0]) % 2 == 0
        assert solo.classes[number] == (CLASSES[int(photo[0]) % 2],)
        assert sets["solo"].units["sound"][number] == [f"{solo.classes[number][0]}.wav"]
        columns = solo.masks(number)[0].any(axis=0)
        assert columns[:16].all() == left and columns[16:].all() == (not left)
    for number, own in enumerate(sets["pair"].units["photo"]):
        assert set(pair.classes[number]) == set(CLASSES)
        masks = pair.masks(number)
        for tile, photo in enumerate(own):
            start = 32 * tile + 16 * (int(photo[0]) % 2)
            assert masks[tile].any(axis=0).nonzero()[0].tolist() == [*range(start, start + 16)]
        assert pair.singles is not None
        alone = pair.singles[number]
        same = [solo.mixture[solo.classes.index((name,))] for name in pair.classes[number]]
        assert np.array_equal(alone, np.stack(same))
    assert all(set(solo.classes[n]) != set(solo.classes[s]) for n, s in enumerate(solo.swap))


@pytest.mark.slow
def test_a_model_is_scored_on_own_photos(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """In an empty folder: neither params.yaml nor videos are needed, and no metrics are touched."""
    path = write_checkpoint(tmp_path / "ours.pt", "ours", image_px=32)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    main(["evaluate", "--model", str(path), "--data", str(photos), "--split", "test",
          "--scenes", "6", "--json", "scores.json", "--device", "cpu"])  # fmt: skip
    assert [one.name for one in empty.iterdir()] == ["scores.json"]
    sets = json.loads((empty / "scores.json").read_text())["sets"]
    assert sets["pair"]["units"] == {"photo": 6, "sound": 2}
    assert {"cap", "gain", "piap", "half", "assigned", "iauc"} <= sets["pair"]["scores"].keys()
    assert {"ap", "gain", "auc", "iou@0.5"} <= sets["solo"]["scores"].keys()
    assert "6 photos and 2 sounds" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["evaluate", "--model", str(path), "--data", str(photos), "--device", "cpu"])
    assert "has the splits test, train; choose one with --split" in capsys.readouterr().err
