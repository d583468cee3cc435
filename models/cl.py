"""Contrastive learning (CL) of whole frames, and its masked form (MCL).

Alloulah and Arnold, "Look, Radiate, and Learn", 2023, appendix B: as MoCo (He et al., CVPR 2020),
with two modalities, a queue for each, and keys from the networks themselves or from averages of
their weights over time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models.attention import attend_own, mask_boxes, standardised, templates, windows
from models.contrast import Projector, Queue, follow, one_sided_loss, slow_copy
from models.parallel import gathered
from models.vgg import Backbone, BackboneConfig


@dataclass(frozen=True)
class ClConfig:
    """CL and MCL.

    Attributes:
        radio: Backbone of the radio map.
        vision: Backbone of the picture.
        masked: Whether only the target is left of the picture: MCL.
        momentum: Of the averages from which keys come; 0 for keys from the networks themselves.
        hidden: Width of the projectors' first layer.
        projection: Width of what they return.
        normed: Whether the first layer is batch-normalised.
        queue: Keys that each queue holds: the batch size in the paper.
        temperature: Of the loss.
        box_margin: By which the target's box is widened [px].
        cell_margin: By which its response is widened [cells], for self-labels.
    """

    radio: BackboneConfig = field(default_factory=BackboneConfig)
    vision: BackboneConfig = field(default_factory=BackboneConfig)
    masked: bool = True
    momentum: float = 0.0
    hidden: int = 128
    projection: int = 64
    normed: bool = False
    queue: int = 32
    temperature: float = 0.07
    box_margin: float = 5.0
    cell_margin: int = 1


class Branch(nn.Module):
    """A backbone with its projector, its average over time, and the queue of their keys."""

    def __init__(self, backbone: Backbone, config: ClConfig, height: int, width: int) -> None:
        super().__init__()
        cells = (height // backbone.config.stride) * (width // backbone.config.stride)
        features = backbone.config.width * cells
        self.fast = nn.Sequential(
            backbone, Projector(features, config.hidden, config.projection, config.normed)
        )
        self.slow = slow_copy(self.fast[0]) if config.momentum else None
        self.queue = Queue(config.queue, config.projection)

    def key(self, query: Tensor, signal: Tensor) -> Tensor:
        """Return the keys (b, d) of a signal whose queries are known; no gradient flows.

        The backbone alone is averaged, as equation 5 has it; MoCo averages the projector, too.
        """
        if self.slow is None:
            return query.detach()
        with torch.no_grad():
            key: Tensor = self.fast[1](self.slow(signal))
        return key


class Cl(nn.Module):
    """Two branches whose vectors are to agree."""

    def __init__(self, config: ClConfig, height: int, width: int) -> None:
        super().__init__()
        self.config = config
        self.radio = Branch(Backbone(config.radio, 1), config, height, width)
        self.vision = Branch(Backbone(config.vision, 3), config, height, width)

    def forward(self, pictures: Tensor, radio: Tensor, boxes: Tensor) -> Tensor:
        """Return the loss of a batch: equation 7, or 8 if masked.

        Negatives come from the queues alone, which take the keys of all processes.

        Args:
            pictures: (b, 3, height, width) uint8 sRGB.
            radio: (b, 1, height, width).
            boxes: (b, 4) of the targets [px] in the pictures.
        """
        pictures = standardised(pictures)
        if self.config.masked:
            pictures = mask_boxes(pictures, boxes, self.config.box_margin)
        q_radio, q_vision = self.radio.fast(radio), self.vision.fast(pictures)
        k_radio = self.radio.key(q_radio, radio)
        k_vision = self.vision.key(q_vision, pictures)
        temperature = self.config.temperature
        to_radio = one_sided_loss(q_radio, k_vision, self.vision.queue.held(), temperature)
        to_vision = one_sided_loss(q_vision, k_radio, self.radio.queue.held(), temperature)
        if self.training:
            self.radio.queue.push(gathered(k_radio))
            self.vision.queue.push(gathered(k_vision))
        return (to_radio + to_vision) / 2

    def after_step(self) -> None:
        """Let the averages follow the weights."""
        for branch in (self.radio, self.vision):
            if branch.slow is not None:
                follow(branch.slow, branch.fast[0], self.config.momentum)

    @torch.no_grad()
    def attention(self, pictures: Tensor, radio: Tensor, boxes: Tensor) -> Tensor:
        """Return where in its radio map each target is (b, rows, columns), as SCL does."""
        margin = self.config.box_margin
        visual = self.vision.fast[0](mask_boxes(standardised(pictures), boxes, margin))
        wide = boxes + boxes.new_tensor([-1, -1, 1, 1]) * margin
        rows, columns = visual.shape[-2:]
        margin_cells, stride = self.config.cell_margin, self.config.vision.stride
        cells = windows(wide, stride, rows, columns, margin_cells)
        return attend_own(self.radio.fast[0](radio), templates(visual, cells))
