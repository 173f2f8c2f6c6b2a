"""Settings of downloads for these tests, whatever params.yaml holds."""

from avloc.config.blocks import Fetch

#: Quick, and without a server; tests name their own.
FETCH = Fetch(
    parallel=2,
    pause_s=0.0,
    tries=2,
    backoff_s=0.01,
    timeout_s=30.0,
    video_url="https://www.youtube.com/watch?v={id}",
    format="bv*[height<=360][ext=mp4]+ba[ext=m4a]/b[height<=360]/b/bv*[height<=?360]+ba",
    give_up_after=10,
    list_max_mb=500,
    cookies="",
    proxy="",
    mirrors={},
)
