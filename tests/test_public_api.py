import inspect
from types import ModuleType

import pytest

import curate


def test_what_is_public_is_listed_in_order():
    assert curate.__all__ == sorted(curate.__all__, key=lambda name: (not name.isupper(), name))  # constants first
    public = {name for name, value in vars(curate).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert public == set(curate.__all__)


@pytest.mark.parametrize("name", curate.__all__)
def test_every_public_name_says_what_it_is(name):
    assert inspect.getdoc(getattr(curate, name))


@pytest.mark.parametrize("name", curate.__all__)
def test_every_public_method_says_what_it_does(name):
    value = getattr(curate, name)
    own = vars(value).items() if inspect.isclass(value) else ()
    methods = [one for key, one in own if key[0] != "_" and inspect.isfunction(one) and one.__name__ == key]
    assert all(inspect.getdoc(one) for one in methods)
