"""Measuring who is found: notes in clusters, with hard negatives that only look like a cluster's members."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from corpora.errors import SourceError
from corpora.patients.records import Patient, Sex
from retriever.patients.comparison import Comparer
from retriever.patients.settings import ComparisonSettings
from retriever.patients.weights import rarity_of, term_counts

Role = Literal["member", "negated", "other-age", "other-cause"]
CUT = 3
"""Precision is measured over this many; a cluster has that many members besides the query."""


class ClusteredNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A synthetic note: a true `member` of its cluster, or a hard negative that is none, and why."""

    id: str
    text: str
    age: float
    sex: Sex
    cluster: str
    role: Role


class ClusterReport(msgspec.Struct, frozen=True):
    """`p_at_3` is the mean over the queries, which are the members; `by_cluster` the mean of each cluster.

    `negated_above` names each (query, negated note) where the cluster's negated note stands above a true match, and
    `negatives_above` counts the same for each role of hard negatives. `first_is_true` is the share of queries whose
    first is a true match.
    """

    p_at_3: float
    first_is_true: float
    queries: int
    by_cluster: dict[str, float]
    negated_above: tuple[tuple[str, str], ...]
    negatives_above: dict[str, int]


def read_clusters(path: Path) -> list[ClusteredNote]:
    """The notes of a file of JSON lines. Raises SourceError where it cannot be read or a line is no such note."""
    try:
        return [
            msgspec.json.decode(line, type=ClusteredNote) for line in path.read_bytes().splitlines() if line.strip()
        ]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    except msgspec.DecodeError as error:
        raise SourceError(f"{path}: has a line that is no clustered note ({error})") from error


def evaluate_clusters(notes: Sequence[ClusteredNote], rank: Callable[[ClusteredNote], Sequence[str]]) -> ClusterReport:
    """Every member as a query: `rank` gives the ids of the other notes, best first; the query's own id is left out.

    An id that `rank` does not give stands below all that it gives.
    """
    members: dict[str, list[ClusteredNote]] = {}
    for note in notes:
        if note.role == "member":
            members.setdefault(note.cluster, []).append(note)
    precisions: dict[str, list[float]] = {}
    firsts = 0
    negated: list[tuple[str, str]] = []
    above = {"negated": 0, "other-age": 0, "other-cause": 0}
    for query in (note for of_cluster in members.values() for note in of_cluster):
        ranked = [note_id for note_id in rank(query) if note_id != query.id]
        true = {note.id for note in members[query.cluster]} - {query.id}
        precisions.setdefault(query.cluster, []).append(len(true.intersection(ranked[:CUT])) / CUT)
        firsts += bool(true.intersection(ranked[:1]))
        for negative in _above(query, notes, ranked, true):
            above[negative.role] += 1
            if negative.role == "negated":
                negated.append((query.id, negative.id))
    values = [value for of_cluster in precisions.values() for value in of_cluster]
    return ClusterReport(
        _mean(values),
        firsts / max(1, len(values)),
        len(values),
        {cluster: _mean(of_cluster) for cluster, of_cluster in precisions.items()},
        tuple(negated),
        above,
    )


def rank_by_comparison(
    patients: Sequence[Patient], settings: ComparisonSettings | None = None
) -> Callable[[ClusteredNote], list[str]]:
    """A `rank` for `evaluate_clusters` by the comparison of facets alone, rarity being that among `patients`."""
    chosen = settings or ComparisonSettings()
    rarity = rarity_of(term_counts(patients), len(patients))
    by_id = {patient.patient_id: patient for patient in patients}

    def rank(query: ClusteredNote) -> list[str]:
        comparer = Comparer(by_id[query.id], rarity, chosen)
        scored = [(-comparer.compare(other).score, other.patient_id) for other in patients if comparer.admits(other)]
        return [patient_id for _, patient_id in sorted(scored) if patient_id != query.id]

    return rank


ABLATIONS: dict[str, ComparisonSettings] = {
    "all": ComparisonSettings(),
    "no negation": ComparisonSettings(negation=False),
    "no facets": ComparisonSettings(facets=False),
    "no age or sex": ComparisonSettings(demographics=False),
}
"""What `evaluate_clusters` is run with to see what each part is good for."""


def _above(
    query: ClusteredNote, notes: Sequence[ClusteredNote], ranked: Sequence[str], true: set[str]
) -> list[ClusteredNote]:
    """The hard negatives of the query's cluster that stand above at least one true match."""
    places = {note_id: place for place, note_id in enumerate(ranked)}
    lowest = max((places.get(note_id, len(ranked)) for note_id in true), default=0)
    return [
        note
        for note in notes
        if note.cluster == query.cluster and note.role != "member" and places.get(note.id, len(ranked)) < lowest
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
