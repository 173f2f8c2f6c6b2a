"""Read the rows of a CSV file, each with the line of the file where it begins."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avloc.errors import UserError


@dataclass(frozen=True)
class Row:
    """A row of a CSV file.

    Parameters
    ----------
    where
        The file and the line where the row begins, for messages; line 1 is the first of the file.
    cells
        Column -> its cell, without space around it; missing cells are empty.
    """

    where: str
    cells: Mapping[str, str]


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] | None = None
) -> list[Row]:
    """Return the rows below the header, without blank lines.

    Parameters
    ----------
    path
        The file.
    required
        Columns that it must have.
    optional
        Columns that it may have besides; None allows every other column.

    Raises
    ------
    UserError
        If the file is no CSV file in UTF-8, or a column is missing, unknown or there twice, or a
        row has more cells than there are columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets write a BOM
            records = list(_numbered(file, path))
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no CSV file in UTF-8 ({error}); export it again") from None
    header = [name.strip() for name in records[0][1]] if records else []
    known = [*required, *(optional or ())]
    form = f"the columns are {', '.join(known)}, separated by commas"
    unknown = [name for name in header if name not in known]
    if optional is not None and unknown:
        raise UserError(f"{path}: unknown column {unknown[0]!r}; {form}")
    for name in known:
        if header.count(name) > 1 or (name in required and name not in header):
            fault = "is there twice" if name in header else "is missing"
            raise UserError(f"{path}: column {name!r} {fault}; {form}")
    rows = []
    for line, cells in records[1:]:
        where = f"{path} row {line}"
        if any(cell.strip() for cell in cells[len(header) :]):
            raise UserError(
                f"{where}: more cells than columns; put text with commas in quotes, and double the "
                "quotes within it"
            )
        values = [cell.strip() for cell in cells[: len(header)]]
        values += [""] * (len(header) - len(values))
        rows.append(Row(where, dict(zip(header, values, strict=True))))
    return rows


def _numbered(lines: Iterator[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row with its first line; a cell in quotes may have several lines."""
    reader, line = csv.reader(lines), 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{path} row {line} is no row of a CSV file ({error}); correct it"
        ) from None
