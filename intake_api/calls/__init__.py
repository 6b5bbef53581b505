"""A pasted call as drafts that an agent can check: read, tagged, placed, compared."""
