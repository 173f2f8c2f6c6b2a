"""DSOL, Discriminative Sounding Objects Localization (Hu et al. 2020): semi-supervised.

Stage one locates the sounding object of each clip, clusters the objects and learns to classify
images and sounds by cluster. Stage two takes the frames of several clips side by side and the
mixture of their sounds, and trains the image to show the same clusters as the mixture. Class labels
are used only at the end, to match clusters to classes. docs/methods/dsol.md lists the differences
from the original. Stages are DSOL's word; here each is one or more phases (`Phase`).
"""

from copy import deepcopy
from typing import Annotated, Self

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import Field, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from avloc.audio.mixing import mix_neighbours
from avloc.errors import UserError
from avloc.losses.binary import binary_cross_entropy
from avloc.losses.category import category
from avloc.map_kinds import MapKind
from avloc.methods.base import (
    Batch,
    ClipReader,
    LossAndMonitors,
    MethodSettings,
    Phase,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.clustering import k_means, match_clusters
from avloc.nets.objects import dilate, object_features
from avloc.nets.ranks import rolled, whole_batch
from avloc.nets.similarity import similarity, similarity_maps
from avloc.seeding import rng

#: Standard deviation of the initial weights of the class layers.
CLASS_LAYER_STD = 0.01
#: Least mean squared length of the dictionary's entries, so that no division is by zero.
MIN_SQUARED_LENGTH = 1e-8

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    initial_scale
        First value of the learned factor of the cosines, as in OTS.
    localise_share, classify_share
        Shares of the steps for the two parts of stage one; stage two has the rest.
    object_threshold
        The object is where the sigmoid map is at least this.
    clusters_per_class
        Number of clusters, divided by the number of classes.
    unlabelled_clusters
        Number of clusters if no training clip has a class.
    k_means_starts
        Runs of k-means, of which the best is kept.
    initial_class_score
        Score, at the start of stage two, of a cell that equals an average entry of the dictionary.
    localisation_weight
        Weight of the binary loss in stage two, beside the category loss.
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
    """The two towers, a class layer on each trunk, and a dictionary of object features.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.settings = settings
        classes, channels = len(shared.classes), self.towers.image.trunk.channels
        self.map_kind: MapKind = "classes" if classes else "single"
        clusters = classes * settings.clusters_per_class or settings.unlabelled_clusters
        self.scale = nn.Parameter(torch.tensor(settings.initial_scale))
        self.image_classes = _class_layer(channels, clusters)
        self.audio_classes = _class_layer(self.towers.audio.trunk.channels, clusters)
        self.class_scale = nn.Parameter(torch.ones(()))
        self.class_shift = nn.Parameter(torch.zeros(()))
        # Copies of the towers from the start of the phase, which compute its targets.
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
        """Set the mode of all modules but the frozen towers, which stay in evaluation mode."""
        super().train(mode)
        self.frozen.eval()
        return self

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Stage one in two parts, stage two, and the matching of clusters to classes."""
        first, second = self.settings.localise_share, self.settings.classify_share
        return (
            Phase("localise", first, self.localisation_loss),
            Phase("classify", second, self.classification_loss, prepare=self.cluster_objects),
            Phase("distinguish", 1 - first - second, self.loss, prepare=self.build_dictionary),
            Phase("match clusters to classes", 0.0, self.loss, prepare=self.match),
        )

    def localisation_loss(self, batch: Batch) -> LossAndMonitors:
        """Return the first loss of stage one, the binary loss of OTS; the monitor is the scale."""
        cells = self.towers.image(batch.frames[0])
        vectors = self.towers.audio(self.log_mel(batch.sounds[0]))
        return self._binary_loss(cells, vectors), {"scale": self.scale.detach()}

    def cluster_objects(self, read_clips: ClipReader) -> None:
        """Freeze the towers and cluster the objects of all training clips.

        Raises
        ------
        UserError
            If there are fewer training clips than clusters.
        """
        self._freeze()
        features = [
            object_features(*self._locate_objects(clips.frames, self.log_mel(clips.sounds)))
            for clips in read_clips()
        ]
        objects = F.normalize(torch.cat(features), dim=1).cpu().numpy()
        clusters, starts = len(self.centres), self.settings.k_means_starts
        if len(objects) < clusters:
            raise UserError(
                f"dsol: {len(objects)} training clips cannot be put into {clusters} clusters; add "
                "clips or lower clusters_per_class or unlabelled_clusters in params.yaml"
            )
        centres = k_means(objects, clusters, starts, rng("dsol", "k-means"))
        self.centres.copy_(torch.from_numpy(centres))

    def classification_loss(self, batch: Batch) -> LossAndMonitors:
        """Return the cross-entropies of both class layers with the clusters, plus the binary loss.

        The original alternates between classification and localisation. Here both are trained at
        once, since a network that only classifies soon forgets to localise. The monitors are the
        shares of clips whose cluster the image and the sound are classified as.
        """
        image, logmel = batch.frames[0], self.log_mel(batch.sounds[0])
        clusters = self._nearest_clusters(*self._locate_objects(image, logmel))
        features, cells = self.towers.image.features_and_cells(image)
        pooled, vectors = self.towers.audio.features_and_vectors(logmel)
        image_logits = self.image_classes(features.mean(dim=(-2, -1)))
        audio_logits = self.audio_classes(pooled)
        monitors = {
            name: (logits.detach().argmax(dim=1) == clusters).float().mean()
            for name, logits in (("cluster_seen", image_logits), ("cluster_heard", audio_logits))
        }
        loss = F.cross_entropy(image_logits, clusters) + F.cross_entropy(audio_logits, clusters)
        return loss + self._binary_loss(cells, vectors), monitors

    def build_dictionary(self, read_clips: ClipReader) -> None:
        """Average the objects of each cluster under the trained trunk, then freeze the towers."""
        sums = torch.zeros_like(self.dictionary)
        counts = sums.new_zeros(len(sums))
        for clips in read_clips():
            features, area = self._locate_objects(clips.frames, self.log_mel(clips.sounds))
            clusters = self._nearest_clusters(features, area)
            objects = object_features(self.towers.image.trunk(clips.frames), area)
            sums.index_add_(0, clusters, objects)
            counts += clusters.bincount(minlength=len(counts))
        self.dictionary.copy_(sums / counts.clamp_min(1).unsqueeze(1))
        squared_length = self.dictionary.square().sum(dim=1).mean().clamp_min(MIN_SQUARED_LENGTH)
        self.class_scale.copy_(self.settings.initial_class_score / squared_length)
        self._freeze()

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the loss of stage two: the category loss plus the weighted binary loss."""
        wide = torch.cat(list(batch.frames[0].unflatten(0, (-1, self.nodes)).unbind(1)), dim=-1)
        mixtures = self.log_mel(mix_neighbours(batch.sounds[0], self.nodes))
        features, cells = self.towers.image.features_and_cells(wide)
        vectors = self.towers.audio(mixtures)
        own = self.scale * similarity_maps(cells, vectors)
        other = self.scale * similarity_maps(rolled(cells), vectors)
        mismatched = F.adaptive_max_pool2d(other, (1, self.nodes)).flatten(1)
        binary_loss = binary_cross_entropy(own.amax(dim=(1, 2, 3)), mismatched)
        image_logits = (self.class_maps(features) * torch.sigmoid(own)).mean(dim=(-2, -1))
        with torch.no_grad():
            # The audio class layer needs no frozen copy: stage two gives it no gradient.
            pooled = self.frozen.audio.trunk(mixtures).amax(dim=(-2, -1))
            audio_logits = self.audio_classes(pooled)
        category_loss = category(audio_logits, image_logits)
        monitors = {"category": category_loss.detach(), "localisation": binary_loss.detach()}
        return category_loss + self.settings.localisation_weight * binary_loss, monitors

    def match(self, read_clips: ClipReader) -> None:
        """Match clusters to classes by how the training clips of each class are classified (exact).

        Without labels the clusters stay unmatched, and `localise` returns the sigmoid map only.
        """
        classes = len(self.clusters_of_class)
        if not classes:
            print(
                "dsol: no training clip has a class, so clusters are not matched to classes and "
                "the row has a single map for all sources",
                flush=True,
            )
            return
        sums = torch.zeros_like(self.clusters_of_class)
        counts = sums.new_zeros(classes)
        for clips in read_clips():
            known = clips.classes >= 0
            labels = clips.classes[known]
            _, maps = self._maps(clips.frames, self.log_mel(clips.sounds))
            sums.index_add_(0, labels, maps.mean(dim=(-2, -1)).softmax(dim=1)[known])
            counts += labels.bincount(minlength=classes)
        probabilities = sums / counts.clamp_min(1).unsqueeze(1)
        owners = torch.from_numpy(match_clusters(probabilities.cpu().numpy()))
        self.clusters_of_class.copy_(F.one_hot(owners, classes).T)

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the sigmoid map, then one map per class: (B, 1 + classes, h, w) in (0, 1).

        The maps of the classes sum to 1 at every cell.
        """
        sounding, maps = self._maps(image, logmel)
        if not len(self.clusters_of_class):
            return sounding
        shares = (self.settings.map_sharpness * maps).softmax(dim=1)
        class_maps = torch.einsum("nk,bkhw->bnhw", self.clusters_of_class, shares)
        return torch.cat([sounding, class_maps], dim=1)

    def class_maps(self, features: Tensor) -> Tensor:
        """Return a v_p^T D_c + b of every cell p and cluster c: (B, C, h, w) -> (B, K, h, w)."""
        with torch.autocast(features.device.type, enabled=False):
            scores = torch.einsum("bchw,kc->bkhw", features.float(), self.dictionary)
            return self.class_scale * scores + self.class_shift

    def _maps(self, image: Tensor, logmel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the (B, 1, h, w) sigmoid maps, and the (B, K, h, w) class maps times these."""
        features, cells = self.towers.image.features_and_cells(image)
        sounding = torch.sigmoid(self.scale * similarity_maps(cells, self.towers.audio(logmel)))
        return sounding, self.class_maps(features) * sounding

    def _binary_loss(self, cells: Tensor, vectors: Tensor) -> Tensor:
        """Return the loss of OTS: each sound with its own frame and with another clip's."""
        logits = self.scale * similarity(whole_batch(cells), whole_batch(vectors[:, 0]))
        return binary_cross_entropy(logits.diagonal(), logits.roll(1, dims=0).diagonal())

    def _freeze(self) -> None:
        """Copy the present towers and scale into the frozen ones."""
        self.frozen.load_state_dict(self.towers.state_dict())
        self.frozen_scale.copy_(self.scale)

    @torch.no_grad()
    def _locate_objects(self, image: Tensor, logmel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the (B, C, h, w) features and (B, 1, h, w) areas of objects, by frozen towers."""
        features, cells = self.frozen.image.features_and_cells(image)
        cosines = similarity_maps(cells, self.frozen.audio(logmel))
        sounding = torch.sigmoid(self.frozen_scale * cosines)
        # If no cell reaches the threshold, the highest is the object. Otherwise all such clips
        # would have zero vectors and form a cluster.
        peaks = sounding.amax(dim=(-2, -1), keepdim=True)
        return features, dilate(sounding >= peaks.clamp_max(self.settings.object_threshold))

    def _nearest_clusters(self, features: Tensor, area: Tensor) -> Tensor:
        """Return the (B,) numbers of the clusters whose centres are nearest to the objects."""
        objects = F.normalize(object_features(features, area), dim=1)
        return torch.cdist(objects, self.centres).argmin(dim=1)


def _class_layer(channels: int, clusters: int) -> nn.Linear:
    layer = nn.Linear(channels, clusters)
    nn.init.normal_(layer.weight, std=CLASS_LAYER_STD)
    nn.init.zeros_(layer.bias)
    return layer
