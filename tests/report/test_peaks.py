"""Where maps peak: wrong if x and y, or the nodes, are exchanged."""

from pathlib import Path

import numpy as np

from avloc.report.peaks import in_words, peaks, write_peaks


def test_a_peak_is_the_middle_of_the_highest_cell() -> None:
    maps = np.full((1, 2, 2, 4), -0.5, np.float32)
    maps[0, 0, 1, 0], maps[0, 1, 0, 2] = 0.25, 0.75
    assert peaks(maps).tolist() == [[[0.125, 0.75, 0.25], [0.625, 0.25, 0.75]]]
    assert peaks(np.zeros((2, 2))).tolist() == [0.25, 0.25, 0]


def test_words_name_the_ninth_with_most_peaks() -> None:
    first = [(0.1, 0.2, 0), (0.3, 0.1, 0), (0.1, 0.9, 0), (0.2, 0.3, 0)]
    second = [(0.9, 0.5, 0), (0.7, 0.6, 0), (0.5, 0.9, 0), (0.5, 0.5, 0)]
    found = np.array([first, second]).swapaxes(0, 1)
    assert in_words(found) == "node 1 mostly upper left (75%), node 2 mostly middle right (50%)"


def test_csv_has_a_row_a_frame_and_node(tmp_path: Path) -> None:
    found = np.array([[(0.125, 0.5, 1 / 3), (0.5, 0.25, -1)], [(0.875, 0.5, 0), (0.1, 0.2, 0.3)]])
    write_peaks(tmp_path / "peaks.csv", found, fps=8)
    assert (tmp_path / "peaks.csv").read_text() == (
        "time_s,node,x,y,value\n"
        "0.0000,1,0.1250,0.5000,0.3333\n"
        "0.0000,2,0.5000,0.2500,-1.0000\n"
        "0.1250,1,0.8750,0.5000,0.0000\n"
        "0.1250,2,0.1000,0.2000,0.3000\n"
    )
