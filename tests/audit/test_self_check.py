"""The command without a command: versions, and whether they work together."""

from importlib.metadata import version

import numpy as np

from skpoison.audit.command_line import _self_check, main


def test_alone_it_tells_the_versions_and_that_it_works(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"skpoison {version('skpoison')}, Python 3.")
    assert f"numpy {np.__version__}\n" in said
    assert "10 of 10 wrong labels found, 0 right ones removed: works" in said


def test_what_is_not_installed_is_said(monkeypatch, capsys):
    monkeypatch.setattr(_self_check, "_OPTIONAL", ("no-such-package",))
    assert main([]) == 0
    assert "no-such-package is not installed" in capsys.readouterr().out


def test_a_filter_that_misses_poison_is_broken(monkeypatch, capsys):
    X, y, is_poison = _self_check._poisoned_table()
    clean = np.where(is_poison, 1 - y, y)
    monkeypatch.setattr(_self_check, "_poisoned_table", lambda: (X, clean, is_poison))
    assert main([]) == 1
    assert "0 of 10 wrong labels found, 0 right ones removed: BROKEN" in (
        capsys.readouterr().out
    )
