"""The package claims to be typed: every public signature is, and mypy checks them."""

import inspect

import pytest

import skpoison
from skpoison.embedding import networks

PACKAGES = [*(getattr(skpoison, name) for name in skpoison.__all__), networks]


def public_functions():
    """Public functions, and the public methods that classes of the package define."""
    for package in PACKAGES:
        for name in package.__all__:
            item = getattr(package, name)
            if inspect.isclass(item):
                yield from own_methods(item)
            elif callable(item):
                yield item


def own_methods(cls):
    for base in cls.__mro__:
        if base.__module__.startswith("skpoison"):
            for name, member in vars(base).items():
                if name == "__init__" or not name.startswith("_"):
                    yield from functions_behind(member)


def functions_behind(member):
    if isinstance(member, property):
        member = member.fget
    # Methods that exist on a condition, and class methods, wrap the function.
    member = getattr(member, "fn", getattr(member, "__func__", member))
    if inspect.isfunction(member):
        yield member


FUNCTIONS = sorted(
    {inspect.unwrap(function) for function in public_functions()},
    key=lambda function: (function.__module__, function.__qualname__),
)


@pytest.mark.parametrize(
    "function",
    [pytest.param(f, id=f"{f.__module__}.{f.__qualname__}") for f in FUNCTIONS],
)
def test_every_public_signature_is_typed(function):
    signature = inspect.signature(function)
    untyped = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is parameter.empty and name not in ("self", "cls")
    ]
    if signature.return_annotation is signature.empty:
        untyped.append("return")
    assert not untyped
