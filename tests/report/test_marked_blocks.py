"""Blocks of a page: wrong if a table were written over another one, or nowhere."""

import pytest

from avloc.errors import UserError
from avloc.report.marked_blocks import block_names, with_block


def test_block_is_replaced_and_others_are_left() -> None:
    text = "a\n<!-- ours begins -->\nold\n<!-- ours ends -->\n<!-- ours-plus begins -->\n\
<!-- ours-plus ends -->\n"
    assert block_names(text) == ["ours", "ours-plus"]
    filled = with_block(text, "ours-plus", "new")
    assert filled.count("new") == 1 and filled.index("old") < filled.index("new")
    with pytest.raises(UserError, match="no line <!-- ots begins -->"):
        with_block(text, "ots", "new")
