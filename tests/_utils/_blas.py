"""The number of threads of BLAS, seen and set."""

from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info, threadpool_limits


def blas_threads():
    return {
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }


def set_blas_threads(n_threads):
    """In a thread that ends: threadpoolctl lets one living thread alone set it."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(threadpool_limits, n_threads, "blas").result()
