"""How good and how fast are the tags? Our trainer against its peers, one run, the same rows.

    python -m benchmarks.tagging [--only scores|speed|growth] [--data DIR] [--out FILE] …

``corpora`` reads the splits, ``peers`` and ``ours`` are what is compared, ``isolated`` runs each
fit and each model in a process of its own, ``scores``, ``speed`` and ``growth`` are the three
parts, ``report`` writes the tables.
"""
