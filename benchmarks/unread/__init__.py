"""Messages that nobody who wrote rows or rules had read, and what the shipped model makes of them.

    python -m benchmarks.unread [--data DIR] [--town FILE] [--among 400] [--out docs]

``labels.csv`` holds labels, no text: the messages stay where they are and are found by a
fingerprint of their words. 410 have two readers, either of whom counts; 660 have one. ``--town``
trains again with a file of a town's own rows beside the shipped ones; ``--among`` with so many of
these messages beside the shipped rows, each message asked about by a model that did not see it.
``--out`` writes the tables into ``unread_messages.md``, between its two marks.
"""
