"""A trained model as a folder: numbers, vocabulary and a label that says what they are.

    ModelArtefact                        everything a served model needs, no scikit-learn objects
    write_artefact(artefact, folder)     model.json, arrays.npz, vocabulary.txt
    read_artefact(folder) -> ModelArtefact

No pickle anywhere: arrays are read with ``allow_pickle=False`` and the rest is JSON and text, so
opening a model runs nobody's code. ``model.json`` carries the format number, the taxonomy with
its hash, tokenizer and encoder identity, the hash of the training rows, the metrics, and SHA-256
of the other two files; loading compares them all.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.calibration import Mixture
from classifier.errors import ModelError, ModelMismatch
from classifier.features import BIGRAM, Block, FeatureSpace, no_block
from classifier.neighbours import Neighbours
from classifier.semantic_part import SemanticPart
from classifier.side_heads import SideHead, TypeVotes, UrgencyVote, Vote
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.taxonomy import Label, Taxonomy

FORMAT = 6  # raise it when an older program could not read the folder any more
_OLDEST = 3  # that this program reads
_ARRAYS, _TERMS, _META = "arrays.npz", "vocabulary.txt", "model.json"
_BLOCKS = (("word_idf", BIGRAM), ("character_idf", ""), ("opening_idf", BIGRAM))
_HELD_OUT, _NEIGHBOUR = "held_out_", "neighbour_"  # before the names of those arrays …
_TYPE_VOTE, _URGENCY_VOTE = "type_vote_", "urgency_vote_"  # … and of these
_KEPT, _COUNTED = ("vectors", "scales", "labels"), ("asked", "sharpness", "floor")
_BOUNDS = ("ask_from", "critical_from")
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HeldOut:
    """What the model would have said about each training row had it not seen it.

    ``keys``: text keys as uint64; ``predicted``: position of the category; ``anew``: judged in
    this very training, not taken over from an earlier one. The gate compares two models on these.
    ``folds``, ``guests`` and the scores (n, categories) are what the next training takes over,
    see :mod:`classifier.warm_start`; ``encoded`` and ``neighbours`` have no rows in a lexical
    model. ``critical``: 1 where what was learnt made the row critical, 0 where not, -1 where
    nobody looked. ``near`` (folds + 1, voters, n, bytes): rows near the border of a separator,
    packed, see :mod:`classifier.refitting`. A model of an older program has none of these three.
    """

    keys: npt.NDArray[np.uint64]
    predicted: npt.NDArray[np.int16]
    anew: npt.NDArray[np.bool_]
    folds: npt.NDArray[np.int8]
    guests: npt.NDArray[np.bool_]
    lexical: npt.NDArray[np.float16]
    encoded: npt.NDArray[np.float16]
    critical: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    near: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    neighbours: npt.NDArray[np.float16] = field(default_factory=lambda: np.empty(0, np.float16))


@dataclass(frozen=True)
class ModelArtefact:
    """``weights``: (features, categories + request types + urgencies); half precision in the file,
    single once loaded: turning it over for each text costs more than the 20 MB."""

    taxonomy: Taxonomy
    space: FeatureSpace
    weights: npt.NDArray[np.floating[Any]]
    bias: FloatArray
    lexical: Mixture
    cue_names: tuple[str, ...]
    request_type: SideHead
    type_votes: TypeVotes | None  # None: too few rows to learn a vote from, the words decide
    urgency: SideHead
    urgency_vote: UrgencyVote | None  # None: no neighbours, or too few rows: the words decide
    critical_from: float
    thresholds: Mapping[str, float]
    tokenizer: str
    semantic: SemanticPart | None
    held_out: HeldOut
    facts: Mapping[str, Any]  # rows, data_hash, created, seconds; for people
    keep_answers: bool = False  # whether the words of answers quoted in an order count

    @property
    def strength(self) -> str:
        """ "semantic" or "lexical"."""
        return "semantic" if self.semantic else "lexical"


def write_artefact(
    artefact: ModelArtefact, folder: Path, model_id: str, metrics: Mapping[str, Any]
) -> None:
    """Fill an existing empty folder. The caller renames it into place when this returns."""
    part = artefact.semantic
    arrays: dict[str, npt.NDArray[Any]] = {
        "weights": artefact.weights.astype(np.float16),
        "bias": artefact.bias,
        "word_idf": artefact.space.words.idf,
        "character_idf": artefact.space.characters.idf,
        "opening_idf": artefact.space.opening.idf,
        "request_type_cues": artefact.request_type.cues,
        "request_type_bias": artefact.request_type.bias,
        "urgency_cues": artefact.urgency.cues,
        "urgency_bias": artefact.urgency.bias,
    }
    arrays |= {f"{_HELD_OUT}{name}": value for name, value in vars(artefact.held_out).items()}
    if part:
        arrays |= {
            "encoder_mean": part.mean,
            "encoder_weights": part.weights,
            "encoder_bias": part.bias,
            "encoder_type_weights": part.type_weights,
            "encoder_type_bias": part.type_bias,
        }
    if part and part.neighbours:
        arrays |= {f"{_NEIGHBOUR}{name}": getattr(part.neighbours, name) for name in _KEPT}
    if artefact.type_votes:
        arrays |= _vote_arrays(_TYPE_VOTE, artefact.type_votes)
    if artefact.urgency_vote:
        arrays |= _vote_arrays(_URGENCY_VOTE, artefact.urgency_vote)
    np.savez(folder / _ARRAYS, **arrays)  # type: ignore[arg-type]
    blocks = (artefact.space.words, artefact.space.characters, artefact.space.opening)
    terms = [term for block in blocks for term in block.index]
    (folder / _TERMS).write_bytes("\n".join(terms).encode())
    meta = {
        "format": FORMAT,
        "id": model_id,
        "strength": artefact.strength,
        "tokenizer": artefact.tokenizer,
        "keep_answers": artefact.keep_answers,
        "taxonomy_hash": artefact.taxonomy.hash,
        "platforms": dict(artefact.taxonomy.platforms),
        "labels": [[label.code, label.platform, label.name] for label in artefact.taxonomy],
        "terms": [len(block.index) for block in blocks],
        "opening_words": artefact.space.opening_words,
        "shares": [block.share for block in blocks],
        "lexical_mixture": asdict(artefact.lexical),
        "cue_names": artefact.cue_names,
        "critical_from": artefact.critical_from,
        "urgency_vote": artefact.urgency_vote
        and {name: getattr(artefact.urgency_vote, name) for name in _BOUNDS},
        "thresholds": dict(artefact.thresholds),
        "semantic": part
        and {
            "encoder": part.encoder,
            "ask_below": part.ask_below,
            "ask_below_type": part.ask_below_type,
            "mixture": asdict(part.mixture),
            "neighbours": part.neighbours
            and {name: getattr(part.neighbours, name) for name in _COUNTED},
        },
        "facts": dict(artefact.facts),
        "metrics": dict(metrics),
        "sha256": {name: _sha256((folder / name).read_bytes()) for name in (_ARRAYS, _TERMS)},
    }
    text = json.dumps(meta, ensure_ascii=False, indent=1)
    (folder / _META).write_text(text + "\n", encoding="utf-8")


def read_meta(folder: Path) -> dict[str, Any]:
    """``model.json`` alone; light.

    :raises ModelError: when it is missing or not ours.
    """
    try:
        meta: dict[str, Any] = json.loads((folder / _META).read_text(encoding="utf-8"))
        if not _OLDEST <= meta["format"] <= FORMAT:
            raise ModelMismatch(
                f"{folder}: the model has format {meta['format']}, this program reads {_OLDEST} "
                f"to {FORMAT}; train again."
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: holds no readable model; train again.") from error
    return meta


def read_artefact(folder: Path) -> ModelArtefact:
    """:raises ModelError: in one sentence, whatever is wrong with the folder."""
    meta = read_meta(folder)
    try:
        raw = {name: (folder / name).read_bytes() for name in (_ARRAYS, _TERMS)}
    except OSError as error:
        raise ModelError(f"{folder}: {error.filename} cannot be read; train again.") from error
    for name, content in raw.items():
        if _sha256(content) != meta["sha256"][name]:
            raise ModelError(
                f"{folder}: {name} is not the file that was trained; "
                "restore the folder or train again."
            )
    with np.load(io.BytesIO(raw[_ARRAYS]), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    taxonomy = Taxonomy(
        tuple(Label(*label) for label in meta["labels"]), tuple(meta["platforms"].items())
    )
    if taxonomy.hash != meta["taxonomy_hash"] or len(taxonomy) != len(arrays["bias"]):
        raise ModelMismatch(f"{folder}: model and label list do not agree; train again.")
    semantic = meta["semantic"]
    return ModelArtefact(
        taxonomy=taxonomy,
        space=_read_space(raw[_TERMS].decode().split("\n"), meta, arrays),
        weights=arrays["weights"].astype(np.float32),
        bias=arrays["bias"],
        lexical=_mixture(meta["lexical_mixture"]),
        cue_names=tuple(meta["cue_names"]),
        request_type=SideHead(
            REQUEST_TYPES, arrays["request_type_cues"], arrays["request_type_bias"]
        ),
        type_votes=_read_type_votes(arrays),
        urgency=SideHead(URGENCIES, arrays["urgency_cues"], arrays["urgency_bias"]),
        urgency_vote=_read_urgency_vote(meta.get("urgency_vote"), arrays),
        critical_from=meta["critical_from"],
        thresholds=meta["thresholds"],
        tokenizer=meta["tokenizer"],
        semantic=semantic
        and SemanticPart(
            encoder=semantic["encoder"],
            mean=arrays["encoder_mean"],
            weights=arrays["encoder_weights"],
            bias=arrays["encoder_bias"],
            mixture=_mixture(semantic["mixture"]),
            ask_below=semantic["ask_below"],
            ask_below_type=semantic["ask_below_type"],
            type_weights=arrays["encoder_type_weights"],
            type_bias=arrays["encoder_type_bias"],
            neighbours=_read_neighbours(semantic.get("neighbours"), arrays),
        ),
        held_out=HeldOut(
            **{
                part.name: arrays[_HELD_OUT + part.name]
                for part in fields(HeldOut)
                if _HELD_OUT + part.name in arrays
            }
        ),
        facts=meta["facts"] | {"id": meta["id"]},
        keep_answers=meta.get("keep_answers", False),
    )


def _read_neighbours(
    counted: Mapping[str, Any] | None, arrays: Mapping[str, npt.NDArray[Any]]
) -> Neighbours | None:
    if not counted:
        return None
    vectors, scales, labels = (arrays[_NEIGHBOUR + name] for name in _KEPT)
    return Neighbours(vectors, scales, labels, **counted)


def _vote_arrays(before: str, votes: TypeVotes | UrgencyVote) -> dict[str, FloatArray]:
    return {
        f"{before}{name}_{part}": getattr(vote, part)
        for name, vote in vars(votes).items()
        if isinstance(vote, Vote)
        for part in ("weights", "bias")
    }


def _read_vote(arrays: Mapping[str, Any], name: str) -> Vote | None:
    if f"{name}_weights" not in arrays:
        return None
    return Vote(arrays[f"{name}_weights"], arrays[f"{name}_bias"])


def _read_type_votes(arrays: Mapping[str, Any]) -> TypeVotes | None:
    spared = _read_vote(arrays, f"{_TYPE_VOTE}spared")
    return TypeVotes(spared, _read_vote(arrays, f"{_TYPE_VOTE}asked")) if spared else None


def _read_urgency_vote(
    bounds: Mapping[str, float] | None, arrays: Mapping[str, Any]
) -> UrgencyVote | None:
    words, asked = (_read_vote(arrays, f"{_URGENCY_VOTE}{name}") for name in ("words", "asked"))
    return UrgencyVote(words, asked, **bounds) if bounds and words and asked else None


def _mixture(plain: Mapping[str, Any]) -> Mixture:
    return Mixture(tuple(plain["weights"]), plain["doubt"], tuple(plain.get("offsets", ())))


def _read_space(
    terms: list[str], meta: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> FeatureSpace:
    if len(terms) != len(arrays["weights"]):
        raise ModelMismatch("The model's vocabulary and weights do not agree; train again.")
    # A model of an older program has no openings: two of everything.
    sizes = meta.get("terms") or [meta["words"], len(terms) - meta["words"]]
    left = iter(terms)
    words, characters, *opening = (
        Block({term: i for i, term in enumerate(islice(left, size))}, arrays[idf], share, joint)
        for size, share, (idf, joint) in zip(sizes, meta["shares"], _BLOCKS, strict=False)
    )
    return FeatureSpace(
        words,
        characters,
        opening[0] if opening else no_block(),
        meta.get("opening_words", 0),
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
