"""DSOL, Discriminative Sounding Objects Localization (Hu et al. 2020): semi-supervised.

Stage one finds objects in clips of one sound, puts them into clusters and learns to tell the
clusters apart by eye and by ear. Stage two sees several clips side by side, hears their mixture and
makes both agree on what there is. Class labels enter at the very end, where they name the clusters.
docs/methods/dsol.md says what differs from the source.
"""

from copy import deepcopy
from typing import Annotated, Self

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import Field, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from avloc.audio.mixing import mix_neighbours
from avloc.errors import UserError
from avloc.losses.binary import matching
from avloc.losses.category import category
from avloc.map_kinds import MapKind
from avloc.methods.base import (
    Batch,
    Corpus,
    MethodSettings,
    Phase,
    SharedSettings,
    Step,
    TwoTowerMethod,
)
from avloc.nets.clustering import k_means, match_clusters
from avloc.nets.objects import dilate, object_features
from avloc.nets.similarity import similarity, similarity_maps
from avloc.nets.two_tower import TwoTower
from avloc.seeding import rng

#: Standard deviation of the class layers' first weights.
CLASS_LAYER_STD = 0.01
#: Squared length that stands for an empty dictionary's.
SHORTEST = 1e-8

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    initial_scale
        First factor of the cosines, as in OTS.
    localise_share, classify_share
        Of the steps: stage one's two shared. Stage two has the rest.
    object_threshold
        A cell is the object's where the sigmoid map is above this.
    clusters_per_class
        Clusters of objects for each class.
    unlabelled_clusters
        All clusters, where no training clip has a class.
    k_means_starts
        Times that k-means is begun.
    initial_class_score
        What a cell that equals a typical entry of the dictionary scores as stage two begins.
    localisation_weight
        Of the binary loss in stage two, beside the category loss.
    map_sharpness
        Factor of the class maps before the softmax over clusters, at test time.
    """

    initial_scale: PositiveFloat
    localise_share: Fraction
    classify_share: Fraction
    object_threshold: Fraction
    clusters_per_class: PositiveInt
    unlabelled_clusters: PositiveInt
    k_means_starts: PositiveInt
    initial_class_score: PositiveFloat
    localisation_weight: PositiveFloat
    map_sharpness: PositiveFloat

    @model_validator(mode="after")
    def _leave_steps_for_stage_two(self) -> Self:
        if self.localise_share + self.classify_share >= 1:
            raise ValueError("localise_share and classify_share must sum to less than 1")
        return self


class System(TwoTowerMethod):
    """Two towers, class layers on their trunks, and a dictionary of objects."""

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.settings = settings
        classes, channels = len(shared.classes), self.towers.image.trunk.channels
        self.map_kind: MapKind = "classes" if classes else "single"
        clusters = classes * settings.clusters_per_class or settings.unlabelled_clusters
        self.scale = nn.Parameter(torch.tensor(settings.initial_scale))
        self.image_classes = _class_layer(channels, clusters)
        self.audio_classes = _class_layer(channels, clusters)
        self.class_scale = nn.Parameter(torch.ones(()))
        self.class_shift = nn.Parameter(torch.zeros(()))
        # The towers as they were when the phase began: they give it its targets.
        self.frozen = deepcopy(self.towers).requires_grad_(False)
        self.frozen_scale: Tensor
        self.centres: Tensor
        self.dictionary: Tensor
        self.clusters_of_class: Tensor
        self.register_buffer("frozen_scale", torch.tensor(settings.initial_scale))
        self.register_buffer("centres", torch.zeros(clusters, channels))
        self.register_buffer("dictionary", torch.zeros(clusters, channels))
        self.register_buffer("clusters_of_class", torch.zeros(classes, clusters))

    def train(self, mode: bool = True) -> Self:
        """Set the mode of everything but the frozen towers, which only ever evaluate."""
        super().train(mode)
        self.frozen.eval()
        return self

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Stage one in two shared, stage two, and the matching of clusters to classes."""
        first, second = self.settings.localise_share, self.settings.classify_share
        return (
            Phase("localise", first, self.localisation),
            Phase("classify", second, self.classification, prepare=self.cluster),
            Phase("distinguish", 1 - first - second, self.loss, prepare=self.collect),
            Phase("match clusters to classes", 0.0, self.loss, prepare=self.match),
        )

    def localisation(self, batch: Batch) -> Step:
        """Return stage one's binary loss: single sounds with own and with other frames."""
        _, cells = look(self.towers, batch.frames[0])
        _, vectors = listen(self.towers, self.log_mel(batch.sounds[0]))
        return self._own_or_other(cells, vectors), {"scale": self.scale.detach()}

    def cluster(self, corpus: Corpus) -> None:
        """Freeze the towers and put the objects of all training clips into clusters."""
        self._freeze()
        found = [object_features(*self._find(c.frames, self.log_mel(c.sounds))) for c in corpus()]
        objects = F.normalize(torch.cat(found), dim=1).cpu().numpy()
        clusters, starts = len(self.centres), self.settings.k_means_starts
        if len(objects) < clusters:
            raise UserError(
                f"dsol: {len(objects)} training clips cannot be put into {clusters} clusters; add "
                "clips or lower clusters_per_class or unlabelled_clusters in params.yaml"
            )
        centres = k_means(objects, clusters, starts, rng("dsol", "k-means"))
        self.centres.copy_(torch.from_numpy(centres))

    def classification(self, batch: Batch) -> Step:
        """Return the cross-entropies of both class layers with the clusters, plus stage one's.

        The source takes turns between this and localisation; here both are learnt at once, since
        localisation alone is soon forgotten. The monitors are the shares of clips whose cluster
        is seen and is heard.
        """
        image, logmel = batch.frames[0], self.log_mel(batch.sounds[0])
        clusters = self._clusters_of(*self._find(image, logmel))
        features, cells = look(self.towers, image)
        pooled, vectors = listen(self.towers, logmel)
        seen, heard = self.image_classes(features.mean(dim=(-2, -1))), self.audio_classes(pooled)
        monitors = {
            name: (logits.detach().argmax(dim=1) == clusters).float().mean()
            for name, logits in (("cluster_seen", seen), ("cluster_heard", heard))
        }
        loss = F.cross_entropy(seen, clusters) + F.cross_entropy(heard, clusters)
        return loss + self._own_or_other(cells, vectors), monitors

    def collect(self, corpus: Corpus) -> None:
        """Make the dictionary of objects from the trained trunk, then freeze the towers anew."""
        sums = torch.zeros_like(self.dictionary)
        counts = sums.new_zeros(len(sums))
        for clips in corpus():
            features, area = self._find(clips.frames, self.log_mel(clips.sounds))
            clusters = self._clusters_of(features, area)
            objects = object_features(self.towers.image.trunk(clips.frames), area)
            sums.index_add_(0, clusters, objects)
            counts += clusters.bincount(minlength=len(counts))
        self.dictionary.copy_(sums / counts.clamp_min(1).unsqueeze(1))
        length = self.dictionary.square().sum(dim=1).mean()
        self.class_scale.copy_(self.settings.initial_class_score / length.clamp_min(SHORTEST))
        self._freeze()

    def loss(self, batch: Batch) -> Step:
        """Return stage two's loss: the category loss plus the weighted localisation loss."""
        wide = torch.cat(list(batch.frames[0].unflatten(0, (-1, self.nodes)).unbind(1)), dim=-1)
        mixtures = self.log_mel(mix_neighbours(batch.sounds[0], self.nodes))
        features, cells = look(self.towers, wide)
        vectors = self.towers.audio(mixtures)
        own = self.scale * similarity_maps(cells, vectors)
        other = self.scale * similarity_maps(cells.roll(1, dims=0), vectors)
        of_parts = F.adaptive_max_pool2d(other, (1, self.nodes)).flatten(1)
        binary = matching(own.amax(dim=(1, 2, 3)), of_parts)
        seen = (self.class_maps(features) * torch.sigmoid(own)).mean(dim=(-2, -1))
        with torch.no_grad():
            # Stage two gives the audio class layer no gradient: its copy would be itself.
            heard = self.audio_classes(self.frozen.audio.trunk(mixtures).amax(dim=(-2, -1)))
        kinds = category(heard, seen)
        monitors = {"category": kinds.detach(), "localisation": binary.detach()}
        return kinds + self.settings.localisation_weight * binary, monitors

    def match(self, corpus: Corpus) -> None:
        """Give the clusters to the classes whose training clips are taken for them (exact)."""
        classes = len(self.clusters_of_class)
        if not classes:
            print(
                "dsol: no training clip has a class, so its clusters stay without a name and one "
                "map is shown for whatever sounds",
                flush=True,
            )
            return
        sums = torch.zeros_like(self.clusters_of_class)
        counts = sums.new_zeros(classes)
        for clips in corpus():
            known = clips.classes >= 0
            labels = clips.classes[known]
            _, maps = self._maps(clips.frames, self.log_mel(clips.sounds))
            sums.index_add_(0, labels, maps.mean(dim=(-2, -1)).softmax(dim=1)[known])
            counts += labels.bincount(minlength=classes)
        chances = sums / counts.clamp_min(1).unsqueeze(1)
        owners = torch.from_numpy(match_clusters(chances.cpu().numpy()))
        self.clusters_of_class.copy_(F.one_hot(owners, classes).T)

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the sigmoid map, then the maps of the classes: (B, 1 + classes, h, w) in (0, 1).

        At every cell the class maps sum to one.
        """
        sounding, maps = self._maps(image, logmel)
        if not len(self.clusters_of_class):
            return sounding
        shares = (self.settings.map_sharpness * maps).softmax(dim=1)
        of_classes = torch.einsum("nk,bkhw->bnhw", self.clusters_of_class, shares)
        return torch.cat([sounding, of_classes], dim=1)

    def class_maps(self, features: Tensor) -> Tensor:
        """Return a v_p^T D_c + b: (B, C, h, w) trunk features -> (B, K, h, w)."""
        with torch.autocast(features.device.type, enabled=False):
            scores = torch.einsum("bchw,kc->bkhw", features.float(), self.dictionary)
            return self.class_scale * scores + self.class_shift

    def _maps(self, image: Tensor, logmel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the (B, 1, h, w) sigmoid maps, and the (B, K, h, w) class maps times these."""
        features, cells = look(self.towers, image)
        sounding = torch.sigmoid(self.scale * similarity_maps(cells, self.towers.audio(logmel)))
        return sounding, self.class_maps(features) * sounding

    def _own_or_other(self, cells: Tensor, vectors: Tensor) -> Tensor:
        """Return the binary loss of OTS: each sound with its own frame and the one before it."""
        logits = self.scale * similarity(cells, vectors[:, 0])
        return matching(logits.diagonal(), logits.roll(1, dims=0).diagonal())

    def _freeze(self) -> None:
        self.frozen.load_state_dict(self.towers.state_dict())
        self.frozen_scale.copy_(self.scale)

    @torch.no_grad()
    def _find(self, image: Tensor, logmel: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, C, h, w) features and (B, 1, h, w) where the object is, by frozen towers."""
        features, cells = look(self.frozen, image)
        cosines = similarity_maps(cells, self.frozen.audio(logmel))
        sounding = torch.sigmoid(self.frozen_scale * cosines)
        # Where no cell is above the threshold the best one stands for the object: without it such
        # clips would all be zero vectors, and a cluster.
        peaks = sounding.amax(dim=(-2, -1), keepdim=True)
        return features, dilate(sounding >= peaks.clamp_max(self.settings.object_threshold))

    def _clusters_of(self, features: Tensor, area: Tensor) -> Tensor:
        """Return the (B,) clusters whose centres are nearest to the objects."""
        objects = F.normalize(object_features(features, area), dim=1)
        return torch.cdist(objects, self.centres).argmin(dim=1)


def look(towers: TwoTower, image: Tensor) -> tuple[Tensor, Tensor]:
    """Return the trunk's (B, 8 width, h, w) features and the head's (B, C, h, w) unit vectors."""
    features = towers.image.trunk(image)
    return features, F.normalize(towers.image.head(features).float(), dim=1)


def listen(towers: TwoTower, logmel: Tensor) -> tuple[Tensor, Tensor]:
    """Return the trunk's (B, 8 width) maxima and the heads' (B, k, C) unit vectors."""
    pooled = towers.audio.trunk(logmel).amax(dim=(-2, -1))
    vectors = torch.stack([head(pooled) for head in towers.audio.heads], dim=1)
    return pooled, F.normalize(vectors.float(), dim=-1)


def _class_layer(channels: int, clusters: int) -> nn.Linear:
    layer = nn.Linear(channels, clusters)
    nn.init.normal_(layer.weight, std=CLASS_LAYER_STD)
    nn.init.zeros_(layer.bias)
    return layer
