"""One frame of the parking lot at default quality, ready to be measured."""

import numpy as np

from scenes.build import build_stage
from scenes.layout import sample_sequence
from scenes.presets import preset
from scenes.sensors import make_camera, make_radar
from synth.channel import channel
from synth.depth import view
from synth.heatmap import make_imager
from synth.launch import launch
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.tracer import trace
from tests.worlds import calm


class Lot:
    """World, rig, rays, paths and channel of one moment."""

    def __init__(self):
        self.config = calm(preset("parking_lot"))
        self.stage = build_stage(sample_sequence(self.config, np.random.default_rng(0)))
        self.still = RayScene(self.stage.static_mesh)
        self.camera, self.radar = make_camera(self.config), make_radar(self.config)
        self.seen = view(self.still, self.camera)
        self.surfaces = surface_table(self.config.radio.carrier_hz)
        self.rays = launch(self.config.radio, self.radar, np.random.default_rng(0))
        self.imager = make_imager(self.config, self.radar)
        self.scene = self.at(1.4)
        self.paths = self.trace()
        self.response = channel(self.paths, self.radar, self.config.radio).astype(np.complex64)

    def at(self, time):
        """The rays' world at a time [s]."""
        return RayScene(self.stage.static_mesh, self.stage.target.mesh(time), shared=self.still)

    def trace(self):
        """The paths of the frame."""
        return trace(self.scene, self.radar, self.config.radio, self.surfaces, self.rays)
