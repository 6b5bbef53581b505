"""The town's address registry (统一地址库): one code, one place, many spellings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class AddressUnit(Base):
    """A place with a code: from the district down to a room.

    ``key`` is made of the names on the way down to it (``cases.addresses.registry_row``), and so
    are the keys of the named places above; rows that the file only implies (``derived``) have
    one as well. The short columns hold one form of each number: 6幢, 六栋 and 6号楼 are ``6``.
    """

    __tablename__ = "address_units"
    __table_args__ = (
        Index("ix_address_units_estate", "estate_key", "building", "room"),
        Index("ix_address_units_road", "road_key", "number", "building"),
        Index("ix_address_units_village", "community_key", "village_group", "number"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, index=True)
    parent_key: Mapped[int | None] = mapped_column(BigInteger)
    level: Mapped[str] = mapped_column(String(12), index=True)
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(200))
    grid: Mapped[str | None] = mapped_column(String(64))
    derived: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[int] = mapped_column(BigInteger)
    street_key: Mapped[int | None] = mapped_column(BigInteger)
    community_key: Mapped[int | None] = mapped_column(BigInteger)
    estate_key: Mapped[int | None] = mapped_column(BigInteger)
    road_key: Mapped[int | None] = mapped_column(BigInteger)
    village_group: Mapped[str] = mapped_column(String(24), default="")
    number: Mapped[str] = mapped_column(String(24), default="")
    building: Mapped[str] = mapped_column(String(24), default="")
    unit: Mapped[str] = mapped_column(String(24), default="")
    room: Mapped[str] = mapped_column(String(24), default="")


class AddressAlias(Base):
    """Another name of a place: what people call it, what it was called before."""

    __tablename__ = "address_aliases"
    __table_args__ = (UniqueConstraint("code", "alias", name="uq_address_aliases_alias"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("address_units.code", ondelete="CASCADE"))
    alias: Mapped[str] = mapped_column(String(60))


class AddressLoad(Base):
    """A file that was read in. The newest number tells a server that names may have changed."""

    __tablename__ = "address_loads"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file: Mapped[str] = mapped_column(String(120))
    added: Mapped[int]
    changed: Mapped[int]
    refused: Mapped[int]
    at: Mapped[datetime]
