from ._bench._evaluate import evaluate_defenses
from ._bench._statistics import compare_defenses, summarize
from ._linear_probes import LinearProbes
from ._oracle_filter import OracleFilter
from ._run_experiment import run_experiment
from ._tables import markdown_table, mean_and_interval, with_interval

__all__ = [
    "LinearProbes",
    "OracleFilter",
    "compare_defenses",
    "evaluate_defenses",
    "markdown_table",
    "mean_and_interval",
    "run_experiment",
    "summarize",
    "with_interval",
]
