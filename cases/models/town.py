"""The town's own lists: who is there, who answers for what, which days are worked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class Unit(Base):
    """A handling department (承办单位) or a desk of the town."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    parent_department: Mapped[str | None] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(16), default="town")
    stationed: Mapped[bool] = mapped_column(default=False)
    platform: Mapped[str | None] = mapped_column(String(16))
    phone: Mapped[str | None] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(default=True)


class Responsibility(Base):
    """主体/配合责任清单: one line says who leads and who cooperates for a category."""

    __tablename__ = "responsibilities"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[str] = mapped_column(String(32))
    lead_unit: Mapped[str] = mapped_column(String(32))
    coop_units: Mapped[list[Any]] = mapped_column(default=list)
    basis: Mapped[str] = mapped_column(String(200))


class Category(Base):
    """A label of the taxonomy: its names, its clock, its manners, and what teaches it.

    A retired one stays for the cases that carry it. ``replaced_by`` says where its labels go when
    a model is trained; ``may_become`` lists the categories it was split into, where only a person
    can tell which.
    """

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    platform_name: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(64))
    plain_name: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str | None] = mapped_column(String(64))
    time_class: Mapped[str] = mapped_column(String(8), default="G3")
    needs_place: Mapped[bool] = mapped_column(default=True)
    dispatchable: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    # 标注指南: what the guide shows to whoever labels, and what training reads besides examples.
    definition: Mapped[str] = mapped_column(Text, default="")
    includes: Mapped[str] = mapped_column(Text, default="")
    excludes: Mapped[str] = mapped_column(Text, default="")
    neighbours: Mapped[list[Any]] = mapped_column(default=list)
    vocabulary: Mapped[list[Any]] = mapped_column(default=list)
    examples: Mapped[list[Any]] = mapped_column(default=list)
    urgency_rule: Mapped[str] = mapped_column(Text, default="")
    #: Who usually leads, in words; the units of this town are in the responsibility list.
    lead_hint: Mapped[str] = mapped_column(Text, default="")

    active: Mapped[bool] = mapped_column(default=True)
    replaced_by: Mapped[str | None] = mapped_column(String(64))
    may_become: Mapped[list[Any]] = mapped_column(default=list)


class CategoryEvent(Base):
    """One line of a category's record: who added, changed or retired it; never changed."""

    __tablename__ = "category_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(16))
    actor_role: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]


class CalendarDay(Base):
    """A day that differs from plain Monday-to-Friday: a holiday, or a 调休 working day."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(64))
    provisional: Mapped[bool] = mapped_column(default=False)


class Place(Base):
    """A place with a code on the wall (扫码报事): its token stands in the printed link."""

    __tablename__ = "places"

    token: Mapped[str] = mapped_column(String(48), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    active: Mapped[bool] = mapped_column(default=True)


class PlaceEvent(Base):
    """One line of a place's record: who added, changed or switched it off; never changed."""

    __tablename__ = "place_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(48), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(16))
    actor_role: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
