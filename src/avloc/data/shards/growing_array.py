"""An ``.npy`` file that grows by appending, for arrays larger than memory."""

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """Writes the same bytes as `numpy.save`, without knowing the length of the array beforehand.

    Parameters
    ----------
    file
        Empty, and open for writing.
    dtype
        Type of the array, as numpy spells it.
    item_shape
        Shape of one item; the array is (length, *item_shape).
    """

    def __init__(self, file: BinaryIO, dtype: str, item_shape: tuple[int, ...]) -> None:
        self._file, self._dtype = file, np.dtype(dtype)
        self._item_shape, self._length = item_shape, 0
        self.write_header()

    def write_header(self) -> None:
        """Write the header for the present length; its size does not depend on the length."""
        self._file.seek(0)
        description = np.lib.format.dtype_to_descr(self._dtype)
        shape = (self._length, *self._item_shape)
        np.lib.format.write_array_header_1_0(
            self._file, {"descr": description, "fortran_order": False, "shape": shape}
        )

    def append(self, items: NDArray[Any]) -> int:
        """Append (n, *item_shape) values and return the place of the first.

        Raises
        ------
        ValueError
            If the shape or the type is not that of the array.
        """
        if items.shape[1:] != self._item_shape or items.dtype != self._dtype:
            raise ValueError(
                f"items are {items.shape[1:]} {items.dtype}, not {self._item_shape} {self._dtype}"
            )
        first = self._length
        # One by one, frames that lie apart in memory need not be copied together first.
        rows = items if self._item_shape else items[None]
        self._file.writelines(np.ascontiguousarray(row).data for row in rows)
        self._length += len(items)
        return first
