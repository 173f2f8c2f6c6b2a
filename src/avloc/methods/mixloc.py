"""The paper's method: a random walk between k images and the audio nodes of a mixture (section 3).

The ablations of Table 3 are the same network with another loss: ``loss:`` in params.yaml names a
module of `avloc.losses`, or several with their weights.
"""

from avloc.methods.node_base import NodeMethod, NodeSettings


class Settings(NodeSettings):
    """Keys of params.yaml that this method reads."""


class System(NodeMethod):
    """The two towers with k nodes per mixture, and a loss on their similarities."""
