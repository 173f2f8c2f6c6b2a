"""The boxes that a list of videos gives: [x, y, w, h], as fractions of the frame.

x and y are the top-left corner, w and h the size. Other conventions are refused where they show
themselves: pixels by a number above 1, corners and centres by a box that reaches outside the frame.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from avloc.datasets.annotation.class_names import joined_in, other_spelling
from avloc.errors import UserError

#: How far a box may reach outside the frame, for rounding.
ROUNDING = 1e-6

Number = Annotated[float, Field(allow_inf_nan=False)]


class Box(BaseModel):
    """One object in the column ``boxes``.

    Parameters
    ----------
    category
        Its class, ``class`` in the list.
    box
        x, y, w and h.
    time_s
        Seconds from the start of the video.
    sounding
        False for an object that makes no sound. None: it sounds, so its class must be one of the
        video's, if the video has any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    category: Annotated[str, Field(alias="class", min_length=1)]
    box: tuple[Number, Number, Number, Number]
    time_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    sounding: bool | None = None


def parse_boxes(cell: str, where: str) -> tuple[Box, ...]:
    """Return the boxes of a cell, which is a JSON list or empty.

    Parameters
    ----------
    cell
        The cell.
    where
        Its row, for the message.

    Raises
    ------
    UserError
        If it has another form.
    """
    try:
        return TypeAdapter(tuple[Box, ...]).validate_json(cell or "[]")
    except ValidationError as error:
        fault = error.errors()[0]
        place = "".join(f"[{part!r}]" for part in fault["loc"])
        message = fault["msg"].lower()
        raise UserError(
            f"{where}: boxes{place}: {message}; correct the cell (JSON wants double quotes, which "
            "CSV doubles)"
        ) from None


def check_sounding(boxes: Sequence[Box], classes: Sequence[str], where: str) -> None:
    """Check that each box is of one of its video's classes, or declared silent.

    Parameters
    ----------
    boxes
        Of a video.
    classes
        What sounds in the video; none if the list does not say.
    where
        The row, for the message.

    Raises
    ------
    UserError
        If a box is of another class, for example of another spelling.
    """
    for number, item in enumerate(boxes):
        if not classes or item.category in classes or item.sounding is False:
            continue
        known = ", ".join(map(repr, classes))
        meant = other_spelling(item.category, classes)
        joined = None if meant else joined_in(item.category, classes)
        raise UserError(
            f"{where}: boxes[{number}]: class {item.category!r} is not among the video's classes, "
            f"{known}; "
            + (f"write {meant!r}; or, " if meant else "")
            + (f"separate those in {joined!r} by ';'; or, " if joined else "")
            + "if the object sounds, add its class to the column class; if it is silent, add "
            '"sounding": false to the box'
        )


def check_geometry(boxes: Sequence[tuple[Box, str]]) -> None:
    """Check that the boxes of a list are fractions, have an area and lie inside the frame.

    Parameters
    ----------
    boxes
        All boxes of the list, each with its row and number.

    Raises
    ------
    UserError
        If one is wrong; it names the convention that would fit all boxes, if there is one.
    """
    for item, where in boxes:
        x, y, width, height = item.box
        if fault := _fault(x, y, width, height):
            others = [
                name for name, fits in OTHER_CONVENTIONS if all(fits(*b.box) for b, _ in boxes)
            ]
            hint = f" (as {' or '.join(others)}, all boxes of the list would fit)" if others else ""
            raise UserError(
                f"{where}: {list(item.box)} {fault}{hint}; write [x, y, w, h], the top-left corner "
                "and the size, as fractions of the frame"
            )


def _fault(x: float, y: float, width: float, height: float) -> str:
    if max(x, y, width, height) > 1:
        return "has a number above 1, as pixels or percent have"
    if min(x, y, width, height) < 0:
        return "has a negative number"
    if not width or not height:
        return "has no area"
    if max(x + width, y + height) > 1 + ROUNDING:
        return "reaches outside the frame, as corners or a centre would"
    return ""


def _fits_as_corners(x0: float, y0: float, x1: float, y1: float) -> bool:
    return 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1


def _fits_as_centre(x: float, y: float, width: float, height: float) -> bool:
    return not _fault(x - width / 2, y - height / 2, width, height)


OTHER_CONVENTIONS = (
    ("corners x0, y0, x1, y1", _fits_as_corners),
    ("centre and size", _fits_as_centre),
)
