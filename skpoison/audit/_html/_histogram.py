"""The scores of trusted and untrusted rows, as an inline picture."""

import numpy as np

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 240, 60, 40, 16


def histogram_as_svg(histogram, score_means):
    """Draw the histogram: filled bars for untrusted rows, an outline for trusted ones.

    Parameters
    ----------
    histogram : Histogram
    score_means : str
        What the axis shows; escaped by the caller.

    Returns
    -------
    str
    """
    edges = histogram.edges
    shares = [
        counts / max(counts.sum(), 1)
        for counts in (histogram.untrusted, histogram.trusted)
    ]
    top = max(*(share.max() for share in shares), np.finfo(float).tiny)

    def x(value):
        inside = (value - edges[0]) / (edges[-1] - edges[0])
        return _LEFT + np.clip(inside, 0, 1) * (_WIDTH - _LEFT - 10)

    def y(share):
        return _HEIGHT - _BOTTOM - share / top * (_HEIGHT - _BOTTOM - _TOP)

    base = y(0)
    bars = "".join(
        f'<rect class="untrusted" x="{x(low):.1f}" y="{y(share):.1f}" '
        f'width="{x(high) - x(low):.1f}" height="{base - y(share):.1f}"/>'
        for low, high, share in zip(edges[:-1], edges[1:], shares[0])
    )
    outline = ""
    if histogram.trusted.any():
        points = " ".join(
            f"{x(edge):.1f},{y(share):.1f}"
            for low, high, share in zip(edges[:-1], edges[1:], shares[1])
            for edge in (low, high)
        )
        outline = f'<polyline class="trusted" points="{points}"/>'
    threshold = x(histogram.threshold)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'aria-label="Histogram of the scores">{bars}{outline}'
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{base}" y2="{base}"/>'
        f'<line class="threshold" x1="{threshold:.1f}" x2="{threshold:.1f}" '
        f'y1="{_TOP}" y2="{base}"/>'
        f'<text x="{threshold + 4:.1f}" y="{_TOP - 4}">threshold '
        f"{histogram.threshold:.4g}</text>"
        f'<text x="{_LEFT}" y="{_HEIGHT - 22}">{edges[0]:.3g}</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 22}" text-anchor="end">'
        f"{edges[-1]:.3g}</text>"
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{top:.0%}</text>'
        f'<text x="{(_LEFT + _WIDTH) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{score_means}</text></svg>"
    )
