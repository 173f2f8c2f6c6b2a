"""The note on thresholds says how those of this data set were chosen, and no other way."""

from avloc.report.labels import Labels
from avloc.report.notes import threshold_notes
from avloc.report.results import Results
from avloc.report.score_tables import score_table

CROSS = {"threshold_cross": 0.5, "threshold_cross_shared": 0.0}


def results(**rows: dict[str, dict[str, float]]) -> Results:
    scores = {row: {name: {"cap": 50.0} for name in sets} for row, sets in rows.items()}
    return Results("music", scores, rows)


def test_validation_scenes() -> None:
    found = results(ours={"duet": {"threshold_given": 0.4}}, ots={"duet": {"threshold_val": 0.6}})
    assert threshold_notes(found, ["duet", "mosaic"]) == (
        "Threshold of AUC and (C)IoU, on maps scaled to [0, 1]: 0.4 for the proposed method, as"
        " section 4.4 of the paper says, and for its variants, of which it says nothing;"
        " the best one on validation scenes for all other rows.",
    )


def test_cross_fitting_names_its_sets() -> None:
    """A reader would take thresholds of test scenes for tuned ones, or the other way round."""
    found = results(
        ours={"solo": {"threshold_given": 0.4}, "duet": {"threshold_given": 0.4}},
        ots={"solo": CROSS, "duet": CROSS, "pair": {"threshold_val": 0.3}},
    )
    (note,) = threshold_notes(found, ["solo", "duet"])
    assert "for all other rows on solo and duet, where there are no validation scenes" in note
    assert "share no video with it (cross-fitting)" in note
    assert "the best one on validation scenes" not in note
    assert "share the fewest" not in note
    (note,) = threshold_notes(found, ["solo", "pair"])
    assert "on validation scenes for all other rows on pair; for all other rows on solo, " in note


def test_scenes_that_share_videos_are_owned_up_to() -> None:
    found = results(ots={"mosaic": {**CROSS, "threshold_cross_shared": 12.5}})
    (note,) = threshold_notes(found, ["mosaic"])
    assert note.endswith("Scenes for which there are none take those that share the fewest videos.")


def test_tables_carry_the_note(labels: Labels) -> None:
    found = results(ots={"duet": CROSS})
    assert any("cross-fitting" in note for note in score_table("table3", labels, found).notes)
    silent = Results("music", {"ots": {"duet": {"cap": 50.0}}}, {"ots": {"duet": {}}})
    assert threshold_notes(silent, ["duet"]) == ()
