"""The domain of Huying: what a case is, what may happen to it, and who is told.

Nothing in this package knows of HTTP, of a chat library or of machine learning. Those
who do (``bot``, ``intake_api``, ``classifier``) depend on it, never the other way round.
"""
