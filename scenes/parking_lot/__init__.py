"""The scene `parking_lot`: rows of bays, lanes, what stands around them."""

from scenes.parking_lot.layout import sample_parking_lot

__all__ = ["sample_parking_lot"]
