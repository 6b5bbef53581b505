"""A day's orders from a file: read, previewed, filed row by row, gone on with after a fall."""
