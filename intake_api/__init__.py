"""Everything that speaks HTTP or stands at the command line: API, staff pages, ``huying``.

The composition root lives here too: this is the one package that knows ``cases``, ``classifier``
and ``bot``, and only ``composition.py`` imports the last.
"""
