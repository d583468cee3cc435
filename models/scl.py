"""Spatial contrastive learning (SCL): where in the radio map is what the picture shows.

Alloulah and Arnold, "Look, Radiate, and Learn", 2023, section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models.attention import (
    Window,
    attend,
    attend_own,
    mask_boxes,
    scores,
    standardised,
    templates,
    windows,
)
from models.contrast import spatial_loss
from models.parallel import gathered
from models.vgg import Backbone, BackboneConfig


@dataclass(frozen=True)
class SclConfig:
    """SCL.

    Attributes:
        radio: Backbone of the radio map.
        vision: Backbone of the picture.
        temperature: Of the loss.
        box_margin: By which the target's box is widened [px].
        cell_margin: By which its response is widened [cells].
    """

    radio: BackboneConfig = field(default_factory=BackboneConfig)
    vision: BackboneConfig = field(default_factory=BackboneConfig)
    temperature: float = 0.1
    box_margin: float = 5.0
    cell_margin: int = 1


class Scl(nn.Module):
    """Two backbones, and attention between them."""

    def __init__(self, config: SclConfig) -> None:
        super().__init__()
        self.config = config
        self.radio = Backbone(config.radio, 1)
        self.vision = Backbone(config.vision, 3)

    def forward(self, pictures: Tensor, radio: Tensor, boxes: Tensor) -> Tensor:
        """Return the loss of a batch, of all processes' parts together: equation 4.

        Args:
            pictures: (b, 3, height, width) uint8 sRGB.
            radio: (b, 1, height, width).
            boxes: (b, 4) of the targets [px] in the pictures.
        """
        visual, whole = gathered(self._visual(pictures, boxes)), gathered(boxes)
        maps = attend(self.radio(radio), templates(visual, self._cells(whole, visual)))
        return spatial_loss(gathered(scores(maps)), self.config.temperature)

    def kernels(self, pictures: Tensor, boxes: Tensor) -> Tensor:
        """Return what the targets look like (b, c, k, l)."""
        visual = self._visual(pictures, boxes)
        return templates(visual, self._cells(boxes, visual))

    @torch.no_grad()
    def attention(self, pictures: Tensor, radio: Tensor, boxes: Tensor) -> Tensor:
        """Return where in its radio map each target is (b, rows, columns)."""
        return attend_own(self.radio(radio), self.kernels(pictures, boxes))

    def _visual(self, pictures: Tensor, boxes: Tensor) -> Tensor:
        masked = mask_boxes(standardised(pictures), boxes, self.config.box_margin)
        features: Tensor = self.vision(masked)
        return features

    def _cells(self, boxes: Tensor, visual: Tensor) -> list[Window]:
        wide = boxes + boxes.new_tensor([-1, -1, 1, 1]) * self.config.box_margin
        rows, columns = visual.shape[-2:]
        return windows(wide, self.config.vision.stride, rows, columns, self.config.cell_margin)
