"""Where retraining keeps its files, and the models' registry.

registry_of(settings) -> ModelRegistry
job_folder(data_dir, job_id) -> Path      inputs, report and log of one job; not made here
inputs_of(folder) -> Path                 what the job trains on, as it was written down
report_of(folder) -> Path                 what it finished so far
"""

from __future__ import annotations

from pathlib import Path

from classifier.registry import ModelRegistry
from intake_api.first_model import models_folder
from intake_api.settings import Settings


def registry_of(settings: Settings) -> ModelRegistry:
    """The registry that every process of an installation shares."""
    return ModelRegistry(models_folder(settings.data_dir))


def job_folder(data_dir: Path, job_id: int) -> Path:
    """One folder for each job."""
    return data_dir / "training" / str(job_id)


def inputs_of(folder: Path) -> Path:
    """Written once, read by every run of the job."""
    return folder / "inputs"


def report_of(folder: Path) -> Path:
    """Grows stage by stage."""
    return folder / "report"
