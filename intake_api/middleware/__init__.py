"""What every request passes through: id and log, metrics, errors, time limit; and headers."""
