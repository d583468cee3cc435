"""What a scene's own sampling hands back to `scenes.layout`."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.spec import Car, Drive, Ground, Prop


@dataclass(frozen=True)
class Layout:
    """What stands where, and how the target drives.

    Attributes:
        ground: The ground.
        parked: Cars that stand still.
        target: The car that drives.
        drive: How it drives.
        props: Everything else.
    """

    ground: Ground
    parked: tuple[Car, ...]
    target: Car
    drive: Drive
    props: tuple[Prop, ...]


@dataclass(frozen=True)
class Shortage:
    """Why a draw will not do.

    Attributes:
        fastest: The greatest speed [m/s] at which a car stays in view; not above 0 if no lane is.
        n_place: Places in view where a car can stand.
    """

    fastest: float
    n_place: int
