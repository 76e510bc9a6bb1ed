"""What weighs how much when two patients are compared."""

import msgspec

from corpora.patients.records import FacetKind


class ComparisonSettings(msgspec.Struct, frozen=True):
    """What weighs how much. Weights are multiples of a term's rarity; `age` and `sex` are weights of their own,
    for being alike; `age_apart` and `sex_apart` for being unlike, which says more.

    `negation`, `facets` and `demographics` turn a part off (then an absent finding counts as a present one, or nothing
    but age and sex, or nothing but facets, is compared). `same_sex` and `same_age_band` make `admits` refuse others.
    `course` is the share of a finding's weight that its course has besides, where both notes say since when or for how
    long: for the same one, and against an acute and a chronic one. `length` is how much the length of the other note
    counts (0: not at all, 1: as much as the query's).
    """

    kinds: dict[FacetKind, float] = msgspec.field(
        default_factory=lambda: {"finding": 1.0, "condition": 1.0, "drug": 0.6, "procedure": 0.35, "lab": 0.8}
    )
    age: float = 0.15
    age_apart: float = 2.0
    sex: float = 0.05
    sex_apart: float = 0.1
    absent_in_both: float = 0.15
    possible: float = 0.7
    past: float = 0.7
    family: float = 0.4
    broader: float = 0.7
    contradiction: float = 1.0
    course: float = 0.15
    length: float = 0.2
    negation: bool = True
    facets: bool = True
    demographics: bool = True
    same_sex: bool = False
    same_age_band: bool = False
