"""What the ranks of a training, processes that each compute a part of every batch, share.

The loss of a batch is the mean of the losses of all ranks. A rank that needs embeddings of others
gathers them with `whole_batch` or `rolled`. Gradients flow back to the rank that computed them, as
sums over the ranks, of which `DistributedDataParallel` then takes the mean. So the weights get the
gradients of one process that computes the whole batch. With one process nothing happens here.
docs/distributed.md says which method needs what.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, distributed, nn


def ranks() -> int:
    """Return the number of ranks."""
    joined = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if joined else 1


def rank() -> int:
    """Return the number of this rank, from 0."""
    return distributed.get_rank() if ranks() > 1 else 0


def whole_batch(part: Tensor, *sizes: int, of_first: int = 0) -> Tensor:
    """Return what all ranks have computed of a batch, in the order of one process.

    Parameters
    ----------
    part
        (n, ...) what this rank has computed: blocks one after the other, for example the draws of
        frames, each of its own clips.
    sizes
        Sizes of the blocks, the same on every rank; by default all of `part` is one block. The
        ranks' parts of a block follow one another.
    of_first
        Further rows at the end, which the first rank alone has computed.

    Returns
    -------
    Tensor
        (ranks x sum of the sizes + of_first, ...); with one process `part` itself.
    """
    if ranks() == 1:
        return part
    sizes = sizes or (len(part),)
    # A collective needs tensors of equal sizes.
    missing = sum(sizes) + of_first - len(part)
    padded = torch.cat([part, part.new_zeros(missing, *part.shape[1:])])
    *blocks, last = _with_gradients(padded).split([*sizes, of_first], dim=1)
    return torch.cat([*(block.flatten(0, 1) for block in blocks), last[0]])


def rolled(part: Tensor) -> Tensor:
    """Return this rank's part of a batch that is rolled by one item.

    Parameters
    ----------
    part
        (n, ...) this rank's part of the batch.

    Returns
    -------
    Tensor
        (n, ...): the item before each; before the first of a rank comes the last of the rank
        before it, and before the first of all the last of all.
    """
    if ranks() == 1:
        return part.roll(1, dims=0)
    last_of_each = _with_gradients(part[-1])
    return torch.cat([last_of_each[rank() - 1][None], part[:-1]])


def of_first_rank(rows: Tensor) -> Tensor:
    """Return rows on the first rank, and none on the others."""
    return rows if rank() == 0 else rows[:0]


def mean_over_ranks(values: Tensor) -> Tensor:
    """Return the mean of detached values over the ranks; with one process the values."""
    if ranks() == 1:
        return values
    total = values.clone()
    distributed.all_reduce(total)
    return total / ranks()


def share_batch_norms(network: nn.Module) -> None:
    """Let the batch norms of a network take their statistics from all ranks.

    Weights, buffers and their names stay as they are.
    """
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm2d


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm that in training takes its statistics from the parts of all ranks.

    `torch.nn.SyncBatchNorm` does the same on GPUs only, so no test without GPUs could check it.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return (B, C, H, W) features, normalised over the batches of all ranks."""
        if not self.training:
            return super().forward(input)
        mean, variance, count = _statistics(input.detach())
        assert self.momentum is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        normalised: Tensor = _Normalised.apply(  # type: ignore[no-untyped-call]
            input, self.weight, self.bias, mean, variance, count, self.eps
        )
        return normalised


def _statistics(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean and variance of each channel over all ranks, and the number of values."""
    channels = features.shape[1]
    variance, mean = torch.var_mean(features.float(), dim=(0, 2, 3), correction=0)
    own = torch.cat([mean, variance, mean.new_full((1,), features.numel() / channels)])
    means, variances, counts = _gather(own).split([channels, channels, 1], dim=1)
    count = counts.sum()
    shares = counts / count
    mean = (shares * means).sum(dim=0)
    # Not as the mean of the squares minus the square of the mean, which would be rounded away.
    variance = (shares * (variances + (means - mean).square())).sum(dim=0)
    return mean, variance, count


def _gather(part: Tensor) -> Tensor:
    """Return the (ranks, ...) values of all ranks, without gradients."""
    gathered = part.new_empty((ranks(), *part.shape))
    # Flat, since gloo and NCCL agree on no other shape.
    distributed.all_gather_into_tensor(gathered.view(-1), part.reshape(-1))
    return gathered


def _with_gradients(part: Tensor) -> Tensor:
    """Return the (ranks, ...) values of all ranks."""
    gathered: Tensor = _Gathered.apply(part)  # type: ignore[no-untyped-call]
    return gathered


class _Gathered(torch.autograd.Function):
    """Values of all ranks: (...) -> (ranks, ...)."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:  # noqa: ARG004  # torch passes it
        return _gather(part)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004  # torch passes it
        total = gradients[0].contiguous()
        distributed.all_reduce(total)
        return total[rank()]


class _Normalised(torch.autograd.Function):
    """Batch norm with given statistics, which depend on the features of all ranks."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(features, weight, mean, variance, count)
        ctx.eps = eps
        return F.batch_norm(features, mean, variance, weight, bias, training=False, eps=eps)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, mean, variance, count = ctx.saved_tensors
        # As if the statistics were constants; what flows through them is added below.
        of_features, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradients[0], features, weight, mean, variance, None, None, False, ctx.eps, [True] * 3
        )
        means = torch.stack([of_weight, of_bias]).float()
        distributed.all_reduce(means)
        means /= count
        inverse = (variance + ctx.eps).rsqrt()
        slope = -weight * inverse.square() * means[0]
        shift = -weight * inverse * means[1] - slope * mean
        through = features * slope[:, None, None] + shift[:, None, None]
        return (of_features + through).to(features.dtype), of_weight, of_bias, *[None] * 4
