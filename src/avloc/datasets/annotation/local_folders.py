"""Find the user's videos in a folder.

The sub-folder right below it names the class of a video; a video in no sub-folder has no class.
Links to files and folders are followed. What is not a video is counted and printed by its ending.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from avloc.datasets.annotation.class_names import check_classes, fault_of_class
from avloc.datasets.annotation.local_lists import LocalVideo
from avloc.datasets.annotation.split_names import is_like_split
from avloc.datasets.annotation.user_files import fault_of_file
from avloc.errors import UserError

HIDDEN, WITHOUT = "hidden", "without ending"


def find_videos(folder: Path, extensions: Sequence[str]) -> list[LocalVideo]:
    """Return the videos below a folder, without hidden files, ordered by path.

    Parameters
    ----------
    folder
        The folder.
    extensions
        Endings of video files, with or without a dot; case does not matter.

    Raises
    ------
    UserError
        If there is no video, a folder cannot be read, or the sub-folders cannot be classes.
    """
    endings = {f".{extension.lower().lstrip('.')}" for extension in extensions}
    videos, found, passed = list[LocalVideo](), Counter[str](), Counter[str]()
    for path in sorted(_files(folder, passed)):
        parts, ending = path.relative_to(folder).parts, path.suffix.lower()
        name = "/".join(parts)
        fault = fault_of_file(path)
        if fault and (ending in endings or path.is_symlink()):
            print(f"local: {name!r} is left out: {fault}", flush=True)
        elif ending not in endings:
            passed[ending or WITHOUT] += 1
        elif not name.isprintable():  # nor are bytes that are no UTF-8, which no CSV file can hold
            print(f"local: {name!r} is left out, rename it without special characters", flush=True)
        else:
            classes = tuple(part.strip() for part in parts[:-1][:1])
            videos.append(LocalVideo(name, path, None, classes, (), name))
            found[ending] += 1
    if not videos:
        raise UserError(
            f"{folder} holds no file that ends in {', '.join(sorted(endings))}"
            + (f", but {_counts(passed)}" if passed else "")
            + "; correct `videos` or `extensions` of the local data set in params.yaml"
        )
    print(
        f"local: {folder} holds {len(videos)} videos: {_counts(found)}"
        + (f"; passed over {passed.total()} files: {_counts(passed)}" if passed else ""),
        flush=True,
    )
    _check_folders(folder, videos)
    return videos


def _files(folder: Path, passed: Counter[str]) -> Iterator[Path]:
    """Yield all that is no folder below a folder, counting what is hidden."""
    inside = frozenset(_identity(place) for place in (folder.resolve(), *folder.resolve().parents))
    pending = [(folder, inside)]
    while pending:
        place, above = pending.pop()
        try:
            entries = list(place.iterdir())
        except OSError as error:
            raise UserError(
                f"{place} cannot be read ({error.strerror}); let yourself read it or move it away"
            ) from None
        for path in entries:
            if path.name.startswith("."):
                passed[HIDDEN] += 1
            elif not os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises for a link to itself
                yield path
            elif _identity(path) not in above:
                pending.append((path, above | {_identity(path)}))
            else:
                name = path.relative_to(folder).as_posix()
                print(f"local: {name!r} is a link to a folder around it; not followed", flush=True)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _counts(of_ending: Mapping[str, int]) -> str:
    """Return "3 .mp4, 1 .mts", the most frequent first."""
    ordered = sorted(of_ending.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {ending!s}" for ending, count in ordered)


def _check_folders(folder: Path, videos: Sequence[LocalVideo]) -> None:
    """Refuse folders that are splits, since their videos would be dealt anew, and wrong classes."""
    within = dict.fromkeys(part for video in videos for part in video.name.split("/")[:-1])
    if splits := [name for name in within if is_like_split(name)]:
        raise UserError(
            f"{folder}: sub-folders name classes, not splits as {', '.join(splits)} do; list the "
            "videos in a CSV file with the columns path, split and class, or rename a folder that "
            "is a class"
        )
    # As they are on the disk: space around a name tells two folders apart.
    tops = dict.fromkeys(video.name.split("/")[0] for video in videos if video.classes)
    named = [(name, str(folder / name)) for name in tops]
    for name, where in named:
        if fault := fault_of_class(name):
            raise UserError(f"{where}: {fault}, or list the videos in a CSV file")
    check_classes(named)
