"""Everything that can be refused, as a map.

::

    CaseError                   one sentence for the person (Chinese), a stable code, fields
    ├── CaseNotFound            no such case, or not this person's
    ├── TransitionForbidden     the lifecycle has no such edge from this state
    ├── PermissionDenied        the edge is there, but not for this role or unit
    ├── MissingData             a required datum did not come
    ├── InvalidData             a datum came that cannot be used
    ├── RuleBroken              a rule of the lifecycle's engine said no (second return, …)
    ├── VersionConflict         somebody else changed the case in between
    └── TownDataError           the town's own lists contradict each other

The module knows nothing of HTTP; ``intake_api.problem_json`` translates.
"""

from __future__ import annotations

from typing import Any


class CaseError(Exception):
    """Base: ``code`` is stable, ``sentence`` is what a person reads, ``fields`` are data."""

    code = "case_error"
    sentence = "这一步没有办成，请稍后再试。"

    def __init__(self, sentence: str | None = None, **fields: Any) -> None:
        self.fields = fields
        if sentence is not None:
            self.sentence = sentence
        super().__init__(self.sentence)


class CaseNotFound(CaseError):
    """No such case, or it is somebody else's: the two are never told apart."""

    code = "case_not_found"
    sentence = "没有查到这个编号，请核对后再试。"


class TransitionForbidden(CaseError):
    """The lifecycle has no such edge from the present state."""

    code = "transition_forbidden"
    sentence = "当前状态下不能做这一步。"


class PermissionDenied(CaseError):
    """The edge exists, but this role or unit may not take it."""

    code = "permission_denied"
    sentence = "您的角色不能做这一步。"


class MissingData(CaseError):
    """Required data are missing; ``fields['missing']`` lists their names."""

    code = "missing_data"
    sentence = "还缺少必填内容，请补充。"


class InvalidData(CaseError):
    """A datum cannot be used; ``fields['field']`` names it."""

    code = "invalid_data"
    sentence = "填写的内容不符合要求，请检查。"


class RuleBroken(CaseError):
    """The table allows the edge, a rule behind it does not."""

    code = "rule_broken"


class VersionConflict(CaseError):
    """The case was changed in between by somebody else."""

    code = "version_conflict"
    sentence = "这件诉求刚刚被别人更新过，请刷新后再操作。"


class TownDataError(CaseError, ValueError):
    """The town's lists contradict each other; the sentence names file, row and remedy."""

    code = "town_data_error"
