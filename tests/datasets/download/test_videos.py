"""Many videos: wrong if one is requested twice, is incomplete, or if servers get no pause."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avloc import media
from avloc.datasets.download.ledger import Outcome, open_ledger
from avloc.datasets.download.videos import LEDGER, ClipRequest, download_videos
from avloc.errors import UserError
from tests.servers import Behaviour, Server, fetch_from

#: Requests of yt-dlp for a video: one to see what it is, one for its content.
REQUESTS_PER_VIDEO = 2


def name(number: int) -> str:
    return f"video{number:06d}"


def whole(*numbers: int) -> list[ClipRequest]:
    return [ClipRequest(f"clip-{number}", name(number), None, None) for number in numbers]


def serve(
    server: Server, content: bytes, *behaviours: Behaviour, times: int = 1
) -> list[ClipRequest]:
    """Serve this many videos for each behaviour; return the requests for all of them."""
    answers = behaviours * times
    server.add_videos({name(n): each for n, each in enumerate(answers)}, content)
    return whole(*range(len(answers)))


def test_each_clip_gets_its_outcome(server: Server, clip: bytes, tmp_path: Path) -> None:
    requests = serve(server, clip, "ok", "404", "html", "403")
    found = download_videos(requests, tmp_path, fetch_from(server, tries=2))
    assert [found[r.id].status for r in requests] == ["ok", "gone", "failed", "failed"]
    assert [found[r.id].missing_reason for r in requests] == ["", "removed", "no-video", "refused"]
    assert [found[r.id].tries for r in requests] == [1, 1, 2, 2]
    first = found["clip-0"]
    assert first.path == "videos/clip-0.mp4" and len(first.sha256) == 64
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["clip-0.mp4"]


def test_second_run_requests_only_what_may_still_succeed(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    requests = serve(server, clip, "ok", "404", "500", "ok")
    download_videos(requests, tmp_path, fetch_from(server))
    (tmp_path / "videos" / "clip-3.mp4").unlink()
    server.behaviours[f"watch/{name(2)}.mp4"] = "ok"
    server.requests.clear()
    found = download_videos(requests, tmp_path, fetch_from(server))
    assert [server.asked(name(n)) for n in range(4)] == [
        0,
        0,
        REQUESTS_PER_VIDEO,
        REQUESTS_PER_VIDEO,
    ]
    assert [found[r.id].status for r in requests] == ["ok", "gone", "ok", "ok"]
    assert found["clip-2"].tries == 2
    server.requests.clear()
    assert download_videos(requests, tmp_path, fetch_from(server)) == found
    assert not server.requests


def test_another_section_of_a_clip_is_requested(
    server: Server, long_clip: bytes, tmp_path: Path
) -> None:
    """Its file would be taken for the new section, and show other frames."""
    serve(server, long_clip, "ok")
    for start in (2.0, 9.0):
        download_videos([ClipRequest("a", name(0), start, start + 1)], tmp_path, fetch_from(server))
        frames = media.decode(tmp_path / "videos/a.mp4", 10, 16, 8000, 60).frames
        assert abs(frames[0].mean() - 10 * start) < 1


def test_temporary_faults_are_tried_again_with_growing_waits(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    requests = serve(server, clip, "500 twice")
    fetch = fetch_from(server, tries=3, backoff_s=0.1)
    assert download_videos(requests, tmp_path, fetch)["clip-0"].tries == 3
    first, second, third = [when for _, when in server.times][:3]
    assert second - first >= 0.1 and third - second >= 0.2


@pytest.mark.slow
def test_retry_after_is_waited_for(server: Server, clip: bytes, tmp_path: Path) -> None:
    requests = serve(server, clip, "429 once")
    found = download_videos(requests, tmp_path, fetch_from(server, tries=2))
    assert found["clip-0"].status == "ok"
    assert server.times[1][1] - server.times[0][1] >= 1.0


def test_one_worker_pauses_between_two_videos(server: Server, clip: bytes, tmp_path: Path) -> None:
    requests = serve(server, clip, "ok", "404", "ok")
    download_videos(requests, tmp_path, fetch_from(server, parallel=1, pause_s=0.2))
    begun = [min(t for path, t in server.times if name(n) in path) for n in range(3)]
    ended = [max(t for path, t in server.times if name(n) in path) for n in range(3)]
    assert all(begun[n + 1] - ended[n] >= 0.2 for n in range(2))


def test_no_more_requests_at_a_time_than_allowed(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    server.delay_s = 0.1
    download_videos(serve(server, clip, "ok", times=6), tmp_path, fetch_from(server, parallel=3))
    assert server.busiest == 3


def test_all_clips_of_a_video_that_is_gone_are(server: Server, clip: bytes, tmp_path: Path) -> None:
    serve(server, clip, "404")
    requests = [ClipRequest(f"part-{n}", name(0), n * 0.5, n * 0.5 + 0.5) for n in range(3)]
    found = download_videos(requests, tmp_path, fetch_from(server))
    assert [outcome.missing_reason for outcome in found.values()] == ["removed"] * 3
    assert server.asked(name(0)) == 1


def test_outage_stops_early_and_the_next_run_continues(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    requests = serve(server, clip, "500", times=12)
    fetch = fetch_from(server, give_up_after=3, pause_s=0.05)
    with pytest.raises(UserError, match=r"3 videos in a row could not be downloaded.*an outage"):
        download_videos(requests, tmp_path, fetch)
    assert len(server.requests) < 9
    server.behaviours.clear()
    found = download_videos(requests, tmp_path, fetch.model_copy(update={"pause_s": 0.0}))
    assert {outcome.status for outcome in found.values()} == {"ok"}


def test_few_videos_that_all_fail_are_an_outage_too(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="2 videos in a row could not be downloaded"):
        download_videos(serve(server, clip, "500", "500"), tmp_path, fetch_from(server))


def test_old_failures_alone_stop_no_run(server: Server, clip: bytes, tmp_path: Path) -> None:
    """A data set with some videos that always fail could never be used."""
    requests = serve(server, clip, "ok", "500", "ok", "500", "ok", "500", "ok")
    fetch = fetch_from(server, parallel=1, give_up_after=2)
    download_videos(requests, tmp_path, fetch)
    found = download_videos(requests, tmp_path, fetch)
    assert [found[r.id].status for r in requests] == ["ok", "failed"] * 3 + ["ok"]


def test_file_of_a_run_that_was_killed_before_it_recorded_it_is_kept(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    requests = serve(server, clip, "ok", "ok")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "clip-0.mp4").write_bytes(clip)
    (tmp_path / "videos" / "clip-1.mp4").write_bytes(clip[: len(clip) // 2])
    (tmp_path / "videos" / ".fetching-x").mkdir()
    (tmp_path / "videos" / ".fetching-x" / "video.mp4.part").write_bytes(clip[:99])
    found = download_videos(requests, tmp_path, fetch_from(server))
    assert {outcome.status for outcome in found.values()} == {"ok"}
    assert (server.asked(name(0)), server.asked(name(1))) == (0, REQUESTS_PER_VIDEO)
    names = sorted(path.name for path in (tmp_path / "videos").iterdir())
    assert names == ["clip-0.mp4", "clip-1.mp4"]


@pytest.mark.parametrize(
    ("requests", "sentence"),
    [
        ([ClipRequest("a", "--exec=rm xx", None, None)], "is not 11 of letters"),
        ([ClipRequest("../a", name(0), None, None)], "clip id '../a' is not"),
        (whole(0, 1, 0), "clip id 'clip-0' is listed twice"),
        ([ClipRequest("a", name(0), 5.0, 5.0)], "5.0 to 5.0 s is no section"),
    ],
)
def test_wrong_requests_are_refused_before_any_download(
    server: Server, tmp_path: Path, requests: list[ClipRequest], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        download_videos([*whole(7), *requests], tmp_path, fetch_from(server))
    assert not server.requests


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job ignores
from pathlib import Path
from avloc.datasets.download.videos import download_videos
from tests.datasets.download.test_videos import whole
from tests.servers import Server, fetch_from
download_videos(whole(*range(8)), Path(sys.argv[1]), fetch_from(Server(sys.argv[2]), timeout_s=5.0))
"""


def outcomes(folder: Path) -> dict[str, Outcome]:
    with open_ledger(folder / LEDGER) as ledger:
        found = {clip.id: ledger.get(clip.id, str(clip)) for clip in whole(*range(8))}
    return {id: outcome for id, outcome in found.items() if outcome}


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_run_ended_in_the_middle_continues_where_it_was(
    server: Server, clip: bytes, tmp_path: Path, number: signal.Signals
) -> None:
    """Finished videos are requested once in all, and those in progress become complete."""
    requests = serve(server, clip, "ok", times=8)
    server.delay_s = 0.15
    environment = {**os.environ, "PYTHONPATH": "src:."}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), server.url]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as run:
        while (
            not (tmp_path / LEDGER).is_file() or (tmp_path / LEDGER).read_bytes().count(b"\n") < 3
        ):
            assert run.poll() is None, "the run ended before it was killed"
            time.sleep(0.01)
        run.send_signal(number)
        assert run.wait(20) != 0
    before = outcomes(tmp_path)
    assert 3 <= len(before) < 8 and {outcome.status for outcome in before.values()} == {"ok"}
    server.delay_s = 0.0
    found = download_videos(requests, tmp_path, fetch_from(server))
    assert {outcome.status for outcome in found.values()} == {"ok"} and len(found) == 8
    assert {id: server.asked(name(int(id[5:]))) for id in before} == dict.fromkeys(
        before, REQUESTS_PER_VIDEO
    )
    for outcome in found.values():
        assert (tmp_path / outcome.path).read_bytes() == (
            tmp_path / "videos/clip-0.mp4"
        ).read_bytes()
    assert not list((tmp_path / "videos").glob(".*"))
