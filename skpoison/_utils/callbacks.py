"""Telling callbacks how far a loop has come."""

__all__ = ["report_iterations"]


def report_iterations(context, estimator, iterations):
    """Count iterations, and tell the callbacks of each; any of them can end the count.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Of the task that the iterations are part of.
    estimator : estimator
        The one that the callbacks were set on.
    iterations : range

    Yields
    ------
    int
    """
    for i in iterations:
        iteration = context.subcontext(task_name="iteration")
        iteration.call_on_fit_task_begin(estimator=estimator)
        yield i
        if iteration.call_on_fit_task_end(estimator=estimator):
            return
