"""CarModel: the measures of one car model, from which its whole body follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["hatch", "saloon", "estate", "coupe", "suv", "offroad", "mpv", "pickup", "van"]
Rim = Literal["five", "ten", "split", "mesh", "steel"]
Lamp = Literal["swept", "slim", "round", "tall"]
Grille = Literal["bars", "mesh", "shield", "slim", "wide"]
TailLamp = Literal["wide", "upright", "square", "bar"]


@dataclass(frozen=True)
class CarModel:
    """The measures of one car model, all lengths in metres.

    Frame: x forward, y left, z up, origin on the ground below the centre of the bounding box.
    Places along the car are distances behind the nose; heights are above the ground.

    Attributes:
        style: Kind of body.
        length: Over all.
        width: Of the body, mirrors not counted.
        height: Of the roof, roof rails not counted.
        wheelbase: Between the axles.
        front_overhang: From the nose to the front axle.
        wheel_radius: Of the tyre.
        wheel_width: Of the tyre.
        track: Between the centres of the left and the right tyre.
        clearance: Height of the underbody.
        bonnet_height: Of the bonnet's leading edge.
        cowl_height: Of the windscreen's lower edge, at the centre.
        cowl: From the nose to the windscreen's lower edge.
        header: From the nose to the windscreen's upper edge.
        roof_end: From the nose to the rear window's upper edge.
        rear_base: From the nose to the rear window's lower edge.
        deck_height: Of the rear window's lower edge.
        tail_height: Of the boot's (or tailgate's) rear edge.
        belt_front: Height of the window line at the windscreen.
        belt_rear: Height of the window line at its rear end.
        roof_drop: How far the roof falls from its highest point to its rear end.
        tumblehome: How far the roof's edge stands inside the window line, each side.
        nose_rake: How far the bonnet's leading edge stands behind the bumper.
        tail_rake: How far the tail's upper edge stands ahead of the rear bumper.
        nose_bow: How far the front corners stand behind the nose, seen from above.
        tail_bow: How far the rear corners stand ahead of the tail, seen from above.
        doors: Side doors, 2 or 4.
        side_windows: Panes on each side (a panel van has 1).
        rim: Design of the wheels.
        lamp: Design of the headlamps.
        grille: Design of the grille.
        tail_lamp: Design of the tail-lamps.
        flare: How far the wheel arches stand out.
        cladding: Whether arches and sills are of black plastic.
        roof_rails: Whether the roof carries rails.
        square: 0 for rounded corners, 1 for a box.
    """

    style: Style
    length: float
    width: float
    height: float
    wheelbase: float
    front_overhang: float
    wheel_radius: float
    wheel_width: float
    track: float
    clearance: float
    bonnet_height: float
    cowl_height: float
    cowl: float
    header: float
    roof_end: float
    rear_base: float
    deck_height: float
    tail_height: float
    belt_front: float
    belt_rear: float
    roof_drop: float = 0.06
    tumblehome: float = 0.17
    nose_rake: float = 0.12
    tail_rake: float = 0.08
    nose_bow: float = 0.26
    tail_bow: float = 0.16
    doors: int = 4
    side_windows: int = 3
    rim: Rim = "five"
    lamp: Lamp = "swept"
    grille: Grille = "bars"
    tail_lamp: TailLamp = "wide"
    flare: float = 0.012
    cladding: bool = False
    roof_rails: bool = False
    square: float = 0.0

    @property
    def nose(self) -> float:
        """The foremost x [m]."""
        return self.length / 2

    @property
    def front_axle(self) -> float:
        """The front axle's x [m]."""
        return self.nose - self.front_overhang

    @property
    def rear_axle(self) -> float:
        """The rear axle's x [m]."""
        return self.front_axle - self.wheelbase

    @property
    def arch_radius(self) -> float:
        """Radius of the wheel arches [m]."""
        return self.wheel_radius + (0.075 if self.cladding else 0.05)

    @property
    def sill(self) -> float:
        """Height of the body's lower edge [m]."""
        return self.clearance + 0.03

    @property
    def has_deck(self) -> bool:
        """Whether a boot lid or a bed lies behind the rear window."""
        return self.rear_base < self.length - 0.35
