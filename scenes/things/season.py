"""What the season makes of plants: where snow lies, leaves are shed and flowers are gone."""

from __future__ import annotations

from dataclasses import replace

from scenes.spec import Prop, Weather
from scenes.things.foliage import BARE

# In their styles' names; conifers, hedges and clipped pot plants keep their leaves.
EVERGREEN = "conifer"
FLOWERS = "petals"


def in_season(props: tuple[Prop, ...], weather: Weather) -> tuple[Prop, ...]:
    """Return the props as they stand in a weather; what a thing is, and where, never changes.

    Args:
        props: Of a layout. Flowers are never a thing's first part.
        weather: Of the sequence.
    """
    if weather.kind != "snow":
        return props
    return tuple(_wintry(prop) for prop in props if not prop.style.startswith(FLOWERS))


def _wintry(prop: Prop) -> Prop:
    sheds = prop.kind in ("tree", "bush") and EVERGREEN not in prop.style
    return replace(prop, style=BARE + prop.style) if sheds else prop
