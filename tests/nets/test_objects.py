"""Where an object is grows by its neighbours; what it is is a mean over all cells."""

import torch

from avloc.nets.objects import dilate, object_features


def test_dilation_takes_the_four_neighbours_and_no_more() -> None:
    area = torch.zeros(1, 1, 4, 5, dtype=torch.bool)
    area[0, 0, 1, 2] = area[0, 0, 3, 4] = True
    expected = torch.tensor(
        [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 1], [0, 0, 0, 1, 1]], dtype=torch.bool
    )
    assert torch.equal(dilate(area)[0, 0], expected)


def test_an_object_is_divided_by_all_cells() -> None:
    """One of four cells, feature 8: 2, and not the 8 of a mean over the area."""
    features = torch.tensor([[[[8.0, 1.0], [1.0, 1.0]]]])
    area = torch.tensor([[[[True, False], [False, False]]]])
    assert object_features(features, area).tolist() == [[2.0]]
