"""What holds for each table of kinds, of which each has a file of its own in one package."""

import pickle
import pkgutil
from importlib import import_module
from inspect import getmembers


def kinds_in(package, base):
    """The classes in the files of a package that are of some kind, without that itself."""

    def is_kind(member):
        return isinstance(member, type) and issubclass(member, base) and member is not base

    modules = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return {kind for one in modules for _, kind in getmembers(import_module(one.name), is_kind)}


def check_value(value):
    """Whatever is sent from process to process and asked for by being equal is a value."""
    again = pickle.loads(pickle.dumps(value))
    assert again == value and again is not value
    assert hash(again) == hash(value)
    assert type(value).__dataclass_params__.frozen
