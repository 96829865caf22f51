"""Callbacks of users who lose patience, or are content."""


class EndsAfter:
    """Ends an attack after some iterations, by its word or by Ctrl-C.

    Parameters
    ----------
    iterations : int
    by_error : bool, default=False
        Whether it raises KeyboardInterrupt.
    """

    def __init__(self, iterations, *, by_error=False):
        self.iterations = iterations
        self.by_error = by_error
        self.seen = 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.seen += context.task_name == "iteration"
        if self.by_error and self.seen == self.iterations:
            raise KeyboardInterrupt
        return self.seen >= self.iterations
