"""Where a written place is: the town's own address registry, and how people name it.

registry_file · registry_row · batches · loading    a CSV into the tables
narrowing · numbers · sounds · words                one form for every spelling
names · hits · slips · matching                     a written place to at most three candidates
"""
