"""The figures of De-Pois."""

from .._published import PublishedTables
from ._settings import DETECTION_SHARES

# Table III, rows of the R-attack: rate 0.2, shares 0.05 to 0.3. Its positive class is
# "clean".
_ROWS = {
    "accuracy": {
        "De-Pois": "0.832 0.836 0.839 0.838 0.836 0.840",
        "TRIM": "0.772 0.775 0.771 0.768 0.772 0.775",
        "DUTI": "0.885 0.890 0.890 0.886 0.885 0.890",
        "Sever": "0.856 0.865 0.860 0.863 0.848 0.852",
    },
    "recall_clean": {
        "De-Pois": "0.992 0.985 0.967 0.980 0.988 0.973",
        "TRIM": "0.857 0.863 0.855 0.861 0.864 0.885",
        "DUTI": "0.953 0.960 0.960 0.957 0.955 0.955",
        "Sever": "0.893 0.912 0.903 0.908 0.889 0.890",
    },
    "f1_clean": {
        "De-Pois": "0.907 0.907 0.908 0.910 0.908 0.906",
        "TRIM": "0.858 0.880 0.882 0.885 0.886 0.885",
        "DUTI": "0.895 0.899 0.895 0.90 0.897 0.90",
        "Sever": "0.912 0.923 0.915 0.918 0.901 0.906",
    },
}
PAPER = PublishedTables(_ROWS, DETECTION_SHARES)
