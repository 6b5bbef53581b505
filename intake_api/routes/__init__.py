"""The HTTP API; each module ends in its ``OPERATIONS``, ``all_operations()`` joins them."""

from __future__ import annotations

from intake_api.openapi import Operation


def all_operations() -> tuple[Operation, ...]:
    """Every operation of the API, in the order of the document."""
    from intake_api.routes import actions, cases, classify, service, similar, transcripts

    return (
        *classify.OPERATIONS,
        *transcripts.OPERATIONS,
        *cases.OPERATIONS,
        *similar.OPERATIONS,
        *actions.OPERATIONS,
        *service.OPERATIONS,
    )
