from ._linear_probes import LinearProbes
from ._oracle_filter import OracleFilter
from ._run_experiment import run_experiment
from ._tables import markdown_table, mean_and_deviation

__all__ = [
    "LinearProbes",
    "OracleFilter",
    "markdown_table",
    "mean_and_deviation",
    "run_experiment",
]
