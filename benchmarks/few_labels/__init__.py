"""How far a few hundred labels of a town's own go.

    python -m benchmarks.few_labels [--data DIR] [--folds 5] [--sizes 50 100 200] [--out docs]

Real messages with labels are cut into folds. For each fold, models are trained on the shipped
examples and the first n rows of the other folds (n = 0, 50, 100, 200, all), on a tenth of the
shipped examples and those n rows, and on those n rows alone, and asked about the fold; so every
message is asked about once for each n, by a model that did not see it. Then the rows are picked by
``classifier.selection`` instead of by chance. Fits are kept in the folder for temporary files: a
run that was broken off goes on. ``--out`` writes ``few_labels.md`` (between its two marks) and the
pictures; it holds figures only, no text.
"""
