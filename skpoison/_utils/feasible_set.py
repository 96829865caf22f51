"""Where the rows of each of two classes pass a sphere and a slab."""

import numpy as np

__all__ = ["FeasibleSet"]

# Points lie this much inside the set, so that rounding does not push them out: that of
# float64, and that of float32, in which they may be stored.
_INSIDE, _WELL_INSIDE = 1 - 1e-9, 1 - 1e-6
_N_PROJECTIONS = 50


class FeasibleSet:
    """Spheres cut by slabs, the first for the label -1, the second for +1.

    Parameters
    ----------
    centroids, directions : ndarray of shape (2, n_features)
        The centres, and the unit normals of the slabs; a zero normal is no slab.
    radii, widths : ndarray of shape (2,)
        Of the spheres, and half of those of the slabs.
    """

    def __init__(self, centroids, directions, radii, widths):
        self.centroids, self.directions = centroids, directions
        self.radii, self.widths = radii, widths

    @classmethod
    def around(cls, X, positions, quantile):
        """The set with this share of the rows of each class in sphere and slab."""
        centroids = np.array([X[positions == c].mean(axis=0) for c in (0, 1)])
        between = centroids[1] - centroids[0]
        length = np.linalg.norm(between)
        normal = between / length if length > 0 else between
        radii, widths = [], []
        for c in (0, 1):
            difference = X[positions == c] - centroids[c]
            radii.append(np.quantile(np.linalg.norm(difference, axis=1), quantile))
            widths.append(np.quantile(np.abs(difference @ normal), quantile))
        return cls(centroids, np.array([-normal, normal]), radii, widths)

    def worst_point(self, w, b):
        """The smallest margin of a feasible point, and the point and its label."""
        margins, points = zip(*(self.worst_of_class(c, w, b) for c in (0, 1)))
        worst = int(np.argmin(margins))
        return margins[worst], points[worst], 2.0 * worst - 1.0

    def worst_of_class(self, c, w, b):
        """The smallest margin of a feasible point of a class, and such a point.

        In class y the margin is y (w . mu + b) + y t w . v - sqrt(r^2 - t^2) |u|, with
        t the position across the slab and u the part of w within it, and is convex in
        t: its minimum over the sphere is clipped to the slab.
        """
        sign = (-1.0, 1.0)[c]
        mu, v = self.centroids[c], self.directions[c]
        r, s = self.radii[c], self.widths[c]
        along = w @ v
        within = w - along * v
        # Once more, or rounding would leave no right angle where w is near v.
        within = within - (within @ v) * v
        size = np.linalg.norm(within)
        norm = np.hypot(along, size)
        width = min(r, s) if v.any() else 0.0
        t = np.clip(-sign * along * r / norm, -width, width) if norm > 0 else 0.0
        rest = np.sqrt(r * r - t * t)
        margin = sign * (w @ mu + b + t * along) - rest * size
        unit = within / size if size > 0 else within
        return margin, mu + _INSIDE * (t * v - sign * rest * unit)

    def project(self, c, x, normal=None, limit=np.inf):
        """The feasible point of a class nearest to x, by Dykstra's projections.

        Parameters
        ----------
        c : {0, 1}
        x : ndarray of shape (n_features,)
        normal : ndarray of shape (n_features,), default=None
        limit : float
            Besides, normal . x <= limit, as nearly as the projections come to it.

        Returns
        -------
        ndarray of shape (n_features,)
        """
        mu, v, r, s = (
            part[c]
            for part in (self.centroids, self.directions, self.radii, self.widths)
        )
        sets = [lambda d: d * min(1.0, r / max(np.linalg.norm(d), 1e-300))]
        sets.append(lambda d: d - (d @ v - np.clip(d @ v, -s, s)) * v)
        if normal is not None and (squared := normal @ normal) > 0:
            left = limit - normal @ mu
            sets.append(lambda d: d - max(0.0, normal @ d - left) / squared * normal)
        d = x - mu
        corrections = np.zeros((len(sets), len(x)))
        for _ in range(_N_PROJECTIONS):
            before = d
            for i, nearest in enumerate(sets):
                shifted = d + corrections[i]
                d = nearest(shifted)
                corrections[i] = shifted - d
            if np.abs(d - before).max() <= 1e-9 * r:
                break
        return self.pulled_in(c, mu + d)

    def pulled_in(self, c, x):
        """A point towards the centroid that is inside, in float32 too."""
        d = x - self.centroids[c]
        sizes = np.array([np.linalg.norm(d), abs(d @ self.directions[c])])
        limits = np.array([self.radii[c], self.widths[c]])
        scale = np.min(limits / np.maximum(sizes, 1e-300))
        return self.centroids[c] + _WELL_INSIDE * min(1.0, scale) * d
