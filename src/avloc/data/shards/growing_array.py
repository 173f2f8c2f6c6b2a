"""An ``.npy`` file that grows row by row, for arrays larger than memory."""

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """Writes the bytes that `numpy.save` would write, without knowing the length beforehand.

    Parameters
    ----------
    file
        Open for writing, and empty.
    dtype
        Of the array.
    row
        Shape of one row; the array is (rows, *row).
    """

    def __init__(self, file: BinaryIO, dtype: str, row: tuple[int, ...]) -> None:
        self._file, self._dtype, self._row, self._length = file, np.dtype(dtype), row, 0
        self.write_header()

    def write_header(self) -> None:
        """Write the header for the present length; numpy pads it to one size for every length."""
        self._file.seek(0)
        description = np.lib.format.dtype_to_descr(self._dtype)
        shape = (self._length, *self._row)
        np.lib.format.write_array_header_1_0(
            self._file, {"descr": description, "fortran_order": False, "shape": shape}
        )

    def append(self, rows: NDArray[Any]) -> int:
        """Append (n, *row) values; return the number of the first row."""
        if rows.shape[1:] != self._row or rows.dtype != self._dtype:
            raise ValueError(
                f"rows are {rows.shape[1:]} {rows.dtype}, not {self._row} {self._dtype}"
            )
        first = self._length
        self._file.write(np.ascontiguousarray(rows).data)
        self._length += len(rows)
        return first
