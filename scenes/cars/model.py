"""CarModel: the measures of one car model, from which its whole body follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Style = Literal[
    "hatch", "saloon", "estate", "coupe", "suv", "offroad", "mpv", "pickup", "van", "minibus",
    "box_truck", "flatbed",
]  # fmt: skip
Rim = Literal[
    "five", "ten", "split", "mesh", "steel", "six", "turbine", "cross", "aero", "dish", "slots"
]
Lamp = Literal["swept", "slim", "round", "tall", "block", "twin", "stacked", "oval", "blade"]
Grille = Literal["bars", "mesh", "shield", "slim", "wide", "kidney", "slats", "frame", "none"]
TailLamp = Literal["wide", "upright", "square", "bar", "column", "round", "band", "wedge", "low"]
Intake = Literal["pockets", "slits", "plain"]
Bed = Literal["none", "cover", "open", "canopy"]
RoofLoad = Literal["none", "sign", "box", "rack", "pop_top"]


@dataclass(frozen=True)
class Load:
    """The body behind a separate cab, all lengths in metres; as wide as the car is.

    Attributes:
        kind: A closed box, or a flat bed with drop sides.
        start: From the nose to its front wall.
        floor: Height of its floor.
        sides: Height of the drop sides, of a flat bed.
        cab_length: Of the cab.
        cab_width: Of the cab.
        cab_height: Of the cab's roof.
    """

    kind: Literal["box", "flat"]
    start: float
    floor: float
    cab_length: float
    cab_width: float
    cab_height: float
    sides: float = 0.40


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
        roof_peak: Where the roof is highest, share of its length.
        header_drop: How far the windscreen's upper edge lies below the roof's highest point.
        crease: How sharp the shoulder line is, 0..2.
        belt_kick: How far the lower edge of the side windows rises at its rear end.
        window_height: Of the panes of tall bodies, at most.
        rear_pillar: Width of the pillar behind the side windows.
        b_pillar: From the nose to the pillar behind the front doors; 0 for what is usual.
        intake: Design of the front bumper.
        dark_bumpers: Whether the bumpers are of black plastic.
        moulding: Whether a black strip protects the doors.
        glass_roof: Whether the roof is of glass.
        roof_load: What the roof carries.
        spoiler: Whether a spoiler stands on the roof's end or on the boot.
        spare_wheel: Whether a spare wheel hangs on the tail.
        sliding_door: Whether the rear side door slides on a rail.
        double_doors: Whether the tail opens in two doors.
        rear_window: Whether the tail has a window.
        bed: Of a pick-up: whether and how its bed is covered.
        rear_wheel_width: Of the rear tyres, twins counted as one; 0 for those of the front.
        load: The body behind a separate cab.
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
    roof_peak: float = 0.32
    header_drop: float = 0.03
    crease: float = 0.7
    belt_kick: float = 0.0
    window_height: float = 2.0
    rear_pillar: float = 0.16
    b_pillar: float = 0.0
    intake: Intake = "pockets"
    dark_bumpers: bool = False
    moulding: bool = False
    glass_roof: bool = False
    roof_load: RoofLoad = "none"
    spoiler: bool = False
    spare_wheel: bool = False
    sliding_door: bool = False
    double_doors: bool = False
    rear_window: bool = True
    bed: Bed = "none"
    rear_wheel_width: float = 0.0
    load: Load | None = None

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
    def rear_width(self) -> float:
        """Width of the rear tyres [m]."""
        return self.rear_wheel_width or self.wheel_width

    @property
    def arch_radius(self) -> float:
        """Radius of the wheel arches [m]."""
        return self.wheel_radius + (0.075 if self.cladding else 0.05)

    @property
    def sill(self) -> float:
        """Height of the body's lower edge [m]."""
        return self.clearance + 0.03

    @property
    def has_rear_arch(self) -> bool:
        """Whether the body reaches over the rear wheels; a separate cab does not."""
        return self.front_overhang + self.wheelbase < self.length

    @property
    def pillar(self) -> float:
        """The x [m] of the pillar behind the front doors."""
        if self.b_pillar:
            return self.nose - self.b_pillar
        return self.front_axle - (0.60 if self.doors == 2 else 0.52) * self.wheelbase

    @property
    def cab(self) -> CarModel:
        """The separate cab as a car of its own, in its own frame; else the car itself."""
        if self.load is None:
            return self
        load = self.load
        return replace(
            self, length=load.cab_length, width=load.cab_width, height=load.cab_height, load=None
        )

    @property
    def has_deck(self) -> bool:
        """Whether a boot lid or a bed lies behind the rear window."""
        return self.rear_base < self.length - 0.35
