"""How cases are kept: SQLite in the box, PostgreSQL beyond one machine."""
