"""The marks that the peers' own configuration knows."""


def pytest_configure(config):
    config.addinivalue_line("markers", "thread_unsafe: scikit-learn's own mark")
