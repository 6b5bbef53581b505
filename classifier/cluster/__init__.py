"""Training and bulk tagging on more than one machine, over Dask. See docs/cluster.md."""
