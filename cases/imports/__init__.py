"""A day's orders from another system: what a file's columns are called and what a row says.

Pure: no file, no database. Files are opened by ``intake_api.imports.order_files``, cases written by
``cases.use_cases.import_orders``.
"""
