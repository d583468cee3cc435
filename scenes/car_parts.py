"""What a car's body carries."""

from __future__ import annotations

from scenes.car_body import body_shell
from scenes.car_model import CarModel
from scenes.car_shell import Shell, box, join


def car_shell(model: CarModel) -> Shell:
    """Return everything of a car but its wheels, as closed shells in the car's frame."""
    return join([body_shell(model), underbody(model)])


def underbody(model: CarModel) -> Shell:
    """Return the black box between the wheels that closes the wheel wells on the inside."""
    half = model.track / 2 - model.wheel_width / 2 - 0.07
    end = model.nose - model.nose_bow - 0.12
    top = model.wheel_radius + model.arch_radius + 0.03
    return box((-end, -half, model.clearance), (end, half, top), "plastic")
