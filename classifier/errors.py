"""What can go wrong in tagging, as a map.

    ClassifierError            every error a user can mend; its text is one plain sentence
      TaxonomyError            the label set cannot be read or contradicts itself
      BadExamples              labelled rows cannot be read or trained on
      InputsError              the recorded inputs of a training are missing or changed
      ModelError               a model folder is missing, broken or does not fit
        ModelMismatch          model and taxonomy, tokenizer or encoder do not agree
        NoModel                nothing has been trained yet
      EncoderUnavailable       the sentence encoder is not installed or fails its self-check
      ClassifierUnavailable    the worker process could not be started or died twice
      ClusterUnavailable       no Dask, no scheduler, no worker, or one that differs from us
      UnfinishedJob            an earlier bulk job stands in the way of this one

The command line prints the sentence and exits 1; the API turns it into problem+json.
"""


class ClassifierError(Exception):
    """Something in tagging failed."""


class TaxonomyError(ClassifierError, ValueError):
    """The taxonomy cannot be read."""


class BadExamples(ClassifierError, ValueError):
    """The labelled rows cannot be used."""


class InputsError(ClassifierError):
    """What a training was given cannot be read back as it was."""


class ModelError(ClassifierError):
    """The model cannot be used."""


class ModelMismatch(ModelError):
    """The model was trained for something else."""


class NoModel(ModelError):
    """There is no model yet: train one first."""


class EncoderUnavailable(ClassifierError):
    """The sentence encoder cannot be used."""


class ClassifierUnavailable(ClassifierError):
    """The classifier process does not answer."""


class ClusterUnavailable(ClassifierError):
    """There is no cluster to work on."""


class UnfinishedJob(ClassifierError):
    """A bulk job was begun otherwise."""
