"""Rows: wrong if a message sends a user to another line, or half a file is read in silence."""

from pathlib import Path

import pytest

from avloc.datasets.annotation.csv_rows import read_rows
from avloc.errors import UserError


def rows(folder: Path, text: str, optional: list[str] | None = None) -> list[tuple[str, str]]:
    path = folder / "list.csv"
    path.write_bytes(text.encode())
    found = read_rows(path, ["path"], optional)
    return [(row.where.removeprefix(f"{path} "), row.cells["path"]) for row in found]


def test_a_row_is_numbered_by_the_line_where_it_begins(tmp_path: Path) -> None:
    text = 'path,note\na,1\n\n\nb,"one\ntwo\n\nfour"\nc,\n"d\ne",\nf\n'
    assert rows(tmp_path, text) == [
        ("row 2", "a"),
        ("row 5", "b"),
        ("row 9", "c"),
        ("row 10", "d\ne"),
        ("row 12", "f"),
    ]


def test_windows_lines_a_mark_at_the_begin_and_blank_lines(tmp_path: Path) -> None:
    text = '\ufeffpath,note\r\n"a","x\r\ny"\r\n\r\nb,\r\n'
    assert rows(tmp_path, text) == [("row 2", "a"), ("row 5", "b")]
    assert rows(tmp_path, "\npath\na\n") == [("row 3", "a")]


def test_cells_are_trimmed_and_missing_ones_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(" path , split\n a b ,\n c\n")
    found = read_rows(path, ["path"], ["split"])
    assert [dict(row.cells) for row in found] == [
        {"path": "a b", "split": ""},
        {"path": "c", "split": ""},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "column 'path' is missing; the columns are path, split, separated by commas"),
        ("path,path\na,b\n", "column 'path' is there twice"),
        ("path,Split\na,val\n", "unknown column 'Split'"),
        ("path\n\na,b\n", "row 3: more cells than columns"),
        ("path\n\n" + "a" * 200_000, r"row 3 is no row of a CSV file \(field larger"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        rows(tmp_path, text, ["split"])


def test_commas_at_the_end_of_a_row_hold_nothing(tmp_path: Path) -> None:
    assert rows(tmp_path, "path\na,,,\n") == [("row 2", "a")]
