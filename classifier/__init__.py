"""Text -> platform, category, request type, urgency, flags; training, evaluation, model registry.

Importing this package, or one of its light modules (``tag taxonomy errors cue_rules testing
registry worker_pool``), loads neither scikit-learn nor jieba: those cost seconds and live in the
worker process that serves the model.
"""
