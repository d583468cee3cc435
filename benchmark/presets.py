"""Presets: sizes and schedules of a whole benchmark, from the paper's to a minute's.

`paper` is section 5.2 of Alloulah and Arnold, "Look, Radiate, and Learn", 2023, with its table 5.
The others shrink pictures and radio maps and, in proportion, what a cell of the features sees; they
also give the backbones what a short training needs: coordinates as input, borders that do not tell
where they are, normalised projectors, and a larger rate. What each of these is worth:
docs/benchmark.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from benchmark.training import Schedule
from models.localiser import BEST_MOMENTUM, LocaliserConfig
from models.spatial import SpatialConfig
from models.vgg import VGG_M, BackboneConfig, Layer


@dataclass(frozen=True)
class Preset:
    """One size of the benchmark.

    Attributes:
        name: Of the preset.
        height: Of pictures and radio maps [px].
        width: Of both [px].
        radio: Backbone of the radio map.
        vision: Backbone of the picture.
        box_margin: By which targets' boxes are widened [px].
        cell_margin: By which a target's response is widened [cells].
        spatial_temperature: Of SCL's loss.
        temperature: Of CL's and MCL's.
        hidden: Width of the projectors' first layer.
        projection: Width of what they return.
        normed: Whether their first layer is batch-normalised.
        momentum: Of the averages of "cl-ema" and "mcl-ema".
        backbones: How the backbones learn.
        localiser: How the localiser does.
        network: The localiser: table 5's, or one that needs fewer frames.
        flat: How table 5's learns, where that is another.
        moved: Share of height and width by which a localiser's radio maps are moved by chance in
            training, and mirrored, see `benchmark.shifting`; None for neither.
        seeds: Runs of each method.
        labels: Numbers of labels of the density sweep; those beyond the data are left out.
    """

    name: str
    height: int
    width: int
    radio: BackboneConfig
    vision: BackboneConfig
    box_margin: float
    cell_margin: int
    backbones: Schedule
    localiser: Schedule
    seeds: int
    labels: tuple[int, ...]
    network: LocaliserConfig | SpatialConfig = field(default_factory=LocaliserConfig)
    spatial_temperature: float = 0.1
    temperature: float = 0.07
    hidden: int = 128
    projection: int = 64
    normed: bool = False
    momentum: float = 0.999
    moved: tuple[float, float] | None = None
    flat: Schedule | None = None

    @property
    def table_5(self) -> Preset:
        """The preset with the localiser of the paper's table 5."""
        learns = self.flat or self.localiser
        return replace(self, network=LocaliserConfig(), localiser=learns, flat=None)


_SMALL_RADIO = (Layer(32, 5, 2), Layer(64, 3, 2), Layer(64, 3), Layer(64, 1))
_SMALL_VISION = (Layer(32, 5, 2), Layer(64, 3, 2), Layer(64, 3), Layer(64, 3))

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "paper", 480, 640, BackboneConfig(VGG_M), BackboneConfig(VGG_M), 5.0, 1,
            backbones=Schedule(200, 32, 1e-5),
            localiser=Schedule(200, 32, 1e-3, momentum=BEST_MOMENTUM),
            seeds=3, labels=(100, 300, 1000, 3000, 10_000, 24_000),
        ),
        Preset(
            "laptop", 120, 160,
            BackboneConfig(_SMALL_RADIO, "replicate", True),
            BackboneConfig(_SMALL_VISION, "replicate", True), 2.0, 1,
            backbones=Schedule(6, 32, 2e-3, warm_up=0.1, cosine=True),
            localiser=Schedule(8, 32, 2e-3, warm_up=0.1, cosine=True), network=SpatialConfig(),
            flat=Schedule(80, 32, 1e-3, momentum=BEST_MOMENTUM, cosine=True),
            seeds=3, labels=(75, 150, 300, 600, 1200), normed=True, momentum=0.99,
            moved=(1 / 6, 3 / 16),
        ),
        Preset(
            "smoke", 60, 80,
            BackboneConfig((Layer(16, 3, 2), Layer(16, 3, 2), Layer(16, 1)), "replicate", True),
            BackboneConfig((Layer(16, 3, 2), Layer(16, 3, 2), Layer(16, 3)), "replicate", True),
            1.0, 1,
            backbones=Schedule(2, 8, 2e-3, warm_up=0.1, cosine=True),
            localiser=Schedule(2, 8, 2e-3, warm_up=0.1, cosine=True), network=SpatialConfig(16),
            flat=Schedule(2, 8, 1e-3, momentum=BEST_MOMENTUM),
            seeds=1, labels=(15, 30), hidden=32, projection=16, normed=True,
            momentum=0.99, moved=(1 / 6, 3 / 16),
        ),
    )
}  # fmt: skip
