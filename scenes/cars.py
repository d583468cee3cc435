"""The car models, each one literal, and the way to build them in Blender."""

from __future__ import annotations

from scenes.car_build import CarObjects, build_car
from scenes.car_model import CarModel

__all__ = ["CAR_MODELS", "CarObjects", "build_car"]

# Outer dimensions, wheelbases and tyre sizes are typical of the European classes they are named
# after (segments A to E, J, M, N1), rounded from public data sheets; none copies one make.
CAR_MODELS: dict[str, CarModel] = {
    "hatch": CarModel(
        style="hatch", length=4.06, width=1.75, height=1.45, wheelbase=2.55, front_overhang=0.83,
        wheel_radius=0.315, wheel_width=0.20, track=1.51, clearance=0.15, bonnet_height=0.79,
        cowl_height=1.00, cowl=1.02, header=1.80, roof_end=3.55, rear_base=3.98, deck_height=0.99,
        tail_height=0.99, belt_front=0.93, belt_rear=1.01, roof_drop=0.10, tail_rake=0.07,
        rim="ten", lamp="swept", tail_lamp="upright",
    ),
    "city": CarModel(
        style="hatch",
        length=3.60, width=1.63, height=1.50, wheelbase=2.34, front_overhang=0.70,
        wheel_radius=0.285, wheel_width=0.175, track=1.42, clearance=0.15, bonnet_height=0.83,
        cowl_height=1.04, cowl=0.76, header=1.42, roof_end=3.22, rear_base=3.54, deck_height=1.02,
        tail_height=1.02, belt_front=0.96, belt_rear=1.04, roof_drop=0.07, tumblehome=0.14,
        nose_rake=0.09, tail_rake=0.06, nose_bow=0.24, doors=2, side_windows=2, rim="steel",
        lamp="tall", grille="slim", tail_lamp="upright",
    ),
    "limousine": CarModel(
        style="saloon",
        length=5.18, width=1.91, height=1.49, wheelbase=3.11, front_overhang=0.90,
        wheel_radius=0.36, wheel_width=0.255, track=1.63, clearance=0.145, bonnet_height=0.83,
        cowl_height=1.03, cowl=1.50, header=2.28, roof_end=3.72, rear_base=4.50, deck_height=1.12,
        tail_height=1.09, belt_front=0.97, belt_rear=1.04, roof_drop=0.08, nose_rake=0.07,
        nose_bow=0.22, rim="mesh", lamp="swept", grille="shield", tail_lamp="wide",
    ),
    "saloon": CarModel(
        style="saloon", length=4.76, width=1.83, height=1.44, wheelbase=2.83, front_overhang=0.88,
        wheel_radius=0.335, wheel_width=0.225, track=1.56, clearance=0.145, bonnet_height=0.77,
        cowl_height=0.99, cowl=1.36, header=2.16, roof_end=3.28, rear_base=4.10, deck_height=1.07,
        tail_height=1.05, belt_front=0.93, belt_rear=1.00, roof_drop=0.075, tail_rake=0.10,
        rim="split", lamp="slim", tail_lamp="wide",
    ),
    "estate": CarModel(
        style="estate", length=4.77, width=1.82, height=1.47, wheelbase=2.83, front_overhang=0.88,
        wheel_radius=0.33, wheel_width=0.225, track=1.56, clearance=0.145, bonnet_height=0.78,
        cowl_height=1.00, cowl=1.32, header=2.12, roof_end=4.32, rear_base=4.68, deck_height=1.02,
        tail_height=1.02, belt_front=0.93, belt_rear=1.03, roof_drop=0.07, tail_rake=0.08,
        rim="five", lamp="swept", grille="mesh", tail_lamp="wide", roof_rails=True,
    ),
    "coupe": CarModel(
        style="coupe", length=4.45, width=1.86, height=1.31, wheelbase=2.60, front_overhang=0.90,
        wheel_radius=0.345, wheel_width=0.255, track=1.58, clearance=0.125, bonnet_height=0.69,
        cowl_height=0.90, cowl=1.44, header=2.22, roof_end=2.95, rear_base=3.92, deck_height=0.97,
        tail_height=0.96, belt_front=0.86, belt_rear=0.93, roof_drop=0.06, tail_rake=0.10,
        nose_rake=0.2, nose_bow=0.32, tail_bow=0.22, doors=2, side_windows=2, rim="mesh",
        lamp="swept", grille="slim", tail_lamp="bar", flare=0.022,
    ),
    "suv": CarModel(
        style="suv", length=4.52, width=1.85, height=1.66, wheelbase=2.68, front_overhang=0.88,
        wheel_radius=0.36, wheel_width=0.235, track=1.57, clearance=0.20, bonnet_height=0.96,
        cowl_height=1.14, cowl=1.16, header=1.90, roof_end=3.98, rear_base=4.42, deck_height=1.14,
        tail_height=1.14, belt_front=1.08, belt_rear=1.17, roof_drop=0.09, tail_rake=0.09,
        rim="five", lamp="slim", grille="shield", tail_lamp="wide", cladding=True, roof_rails=True,
    ),
    "offroad": CarModel(
        style="offroad", length=4.35, width=1.90, height=1.88, wheelbase=2.60, front_overhang=0.80,
        wheel_radius=0.39, wheel_width=0.255, track=1.62, clearance=0.24, bonnet_height=1.04,
        cowl_height=1.17, cowl=1.28, header=1.62, roof_end=4.22, rear_base=4.32, deck_height=1.17,
        tail_height=1.17, belt_front=1.13, belt_rear=1.15, roof_drop=0.03, tumblehome=0.09,
        nose_rake=0.05, tail_rake=0.03, nose_bow=0.12, tail_bow=0.07, rim="split", lamp="round",
        grille="wide", tail_lamp="square", flare=0.02, cladding=True, roof_rails=True, square=0.9,
    ),
    "mpv": CarModel(
        style="mpv", length=4.62, width=1.85, height=1.67, wheelbase=2.80, front_overhang=0.92,
        wheel_radius=0.335, wheel_width=0.215, track=1.58, clearance=0.155, bonnet_height=0.88,
        cowl_height=1.09, cowl=0.92, header=1.92, roof_end=4.18, rear_base=4.53, deck_height=1.06,
        tail_height=1.06, belt_front=1.00, belt_rear=1.07, roof_drop=0.08, tail_rake=0.08,
        nose_bow=0.28, rim="ten", lamp="tall", tail_lamp="upright",
    ),
    "pickup": CarModel(
        style="pickup", length=5.32, width=1.87, height=1.80, wheelbase=3.22, front_overhang=0.93,
        wheel_radius=0.385, wheel_width=0.255, track=1.57, clearance=0.23, bonnet_height=1.02,
        cowl_height=1.21, cowl=1.30, header=1.92, roof_end=3.28, rear_base=3.52, deck_height=1.14,
        tail_height=1.12, belt_front=1.14, belt_rear=1.14, roof_drop=0.05, tumblehome=0.15,
        nose_rake=0.10, tail_rake=0.02, nose_bow=0.2, tail_bow=0.05, side_windows=2, rim="split",
        lamp="tall", grille="wide", tail_lamp="square", flare=0.02, cladding=True, square=0.5,
    ),
    "van": CarModel(
        style="van", length=5.30, width=1.98, height=1.97, wheelbase=3.20, front_overhang=0.95,
        wheel_radius=0.34, wheel_width=0.215, track=1.68, clearance=0.17, bonnet_height=0.98,
        cowl_height=1.23, cowl=0.84, header=1.66, roof_end=5.16, rear_base=5.26, deck_height=1.18,
        tail_height=1.18, belt_front=1.13, belt_rear=1.18, roof_drop=0.04, tumblehome=0.12,
        nose_rake=0.14, tail_rake=0.03, nose_bow=0.26, tail_bow=0.06, side_windows=1, rim="steel",
        lamp="tall", grille="bars", tail_lamp="upright", square=0.5,
    ),
}  # fmt: skip
