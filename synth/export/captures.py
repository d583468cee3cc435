"""SigMF: the channel as an array records it, one OFDM symbol a frame.

The transmitter sends a pilot of amplitude 1 on every subcarrier. What an element then receives is
the inverse Fourier transform of its channel H: y[n] = 1/K sum_k H[k] exp(2 pi j f_k n / B), K
samples at the bandwidth B; the transform of it gives H back. Specification: SigMF 1.2.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.export.labels import labels_of
from synth.export.part import Part, Source


class Captures:
    """SPLIT/SEQUENCE.sigmf-data and .sigmf-meta: a capture a frame, a channel an element.

    Channels are interleaved, row by row of the array and column by column of a row.
    """

    def __init__(self, out: Path, source: Source) -> None:
        self._out, self._source = out, source

    def write(self, part: Part) -> None:
        """Write the recording of a sequence."""
        from sigmf import SigMFFile

        folder = self._out / part.split
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / f"{part.sequence:06d}.sigmf-data"
        radio = self._source.config.radio
        notes, start, terms = [], 0, self._source.terms
        with data.open("wb") as file:
            for frame in part.frames():
                symbol = samples(frame["csi/response"])
                symbol.astype("<c8").tofile(file)
                labels = labels_of(frame, self._source.tables, self._source.objects)
                late = round(float(frame["frame/time"]) * radio.bandwidth_hz)
                notes.append((start, len(symbol), late, labels))
                start += len(symbol)
        meta = SigMFFile(
            data_file=str(data),
            global_info={
                "core:datatype": "cf32_le",
                "core:sample_rate": radio.bandwidth_hz,
                "core:num_channels": radio.n_row * radio.n_col,
                "core:version": "1.2.0",
                "core:recorder": self._source.generator,
                **({} if terms is None else {"core:license": terms.license_url}),
                "core:hw": f"simulated {radio.n_row} x {radio.n_col} array",
                "core:description": f"{self._source.name}, sequence {part.sequence}: one OFDM "
                "symbol a capture, pilot of amplitude 1 on every subcarrier",
                "core:extensions": [{"name": "radvis", "version": "1.0.0", "optional": True}],
            },
        )
        for start, length, late, labels in notes:
            here = {"core:frequency": radio.carrier_hz, "core:global_index": late}
            meta.add_capture(start, here)
            meta.add_annotation(start, length, {"core:label": "target", "radvis:labels": labels})
        meta.tofile(str(data.with_suffix(".sigmf-meta")), overwrite=True)

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Do nothing: each recording says all about itself."""


def samples(response: NDArray[np.complex64]) -> NDArray[np.complex128]:
    """Return what elements receive (n_subcarrier, n_row * n_col) of a response.

    Args:
        response: (n_row, n_col, n_subcarrier) by growing frequency.
    """
    flat = response.reshape(-1, response.shape[-1]).astype(np.complex128)
    return np.fft.ifft(np.fft.ifftshift(flat, axes=1), axis=1).T
