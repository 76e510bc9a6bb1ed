"""The part `patients` as tables of docs/benchmarks.md: JSON in, Markdown out."""

from typing import Any

from scripts.benchmarks.markdown import table

Figures = dict[str, Any]
_MEASURES = ("nDCG@10", "RR", "P@10", "R@100")


def patients(figures: Figures) -> str:
    """Similar case reports, known items, clusters with ablations, speed."""
    cases = figures["similar cases"]
    parts = [*_similar_cases(cases), *_settings(cases["chosen"], figures["clusters by settings"])]
    return "\n\n".join([*parts, *_known_items(figures), _clusters(figures), *_speed(figures["speed"])])


def _similar_cases(cases: Figures) -> list[str]:
    """A table a half."""
    measuring, choosing = cases["measuring"], cases["choosing"]
    pool = (
        f"{cases['reports']:,} case reports, {cases['queries']} queries ({measuring['queries']} that measure,"
        f" {choosing['queries']} to choose settings by), {cases['similar']:,} judgements of grade 1 or 2,"
        f" {cases['of grade 2']} of them 2."
    )
    tables = [_half("half that measures", measuring["systems"]), _half("half to choose by", choosing["systems"])]
    return [pool, *tables]


def _settings(chosen: Figures, clusters: Figures) -> list[str]:
    """What each setting of the grid gives, and the best of them on the half that it was not chosen by."""
    rows = [[name, f"{value:.3f}", f"{clusters[name]:.3f}"] for name, value in chosen["grid"].items()]
    best = chosen["best"]
    return [
        table(["settings", "nDCG@10, half to choose by", "P@3, synthetic clusters"], rows),
        f"The best by nDCG@10, {best}, on the half that measures:",
        _half("half that measures", {best: chosen["measuring"]}),
    ]


def _half(name: str, systems: Figures) -> str:
    heads = [name, *_MEASURES, "nDCG@10 above BM25 alone", "RR above BM25 alone", "ms a query"]
    rows = [
        [
            system,
            *(f"{found[measure]:.3f}" for measure in _MEASURES),
            *(_difference(found["difference"][measure]) for measure in ("nDCG@10", "RR")),
            found["ms a query"],
        ]
        for system, found in systems.items()
    ]
    return table(heads, rows)


def _difference(found: list[float]) -> str:
    """The difference with its interval; empty for BM25 itself."""
    mean, low, high = found
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})" if any(found) else ""


def _known_items(figures: Figures) -> list[str]:
    pool = (
        f"{figures['notes']:,} notes: 30 descriptions, {figures['case reports']:,} case reports of PMC and PubMed, "
        f"{figures['synthetic']} synthetic ones."
    )
    rows = [
        [system, *(cell for found in of_system.values() for cell in (_mean(found), found["in the first 100"]))]
        for system, of_system in figures["known items"].items()
    ]
    asked = list(next(iter(figures["known items"].values())))
    heads = [head for what in asked for head in (f"MRR, {what}", "in the first 100")]
    return [pool, table(["TREC CDS 2014", *heads], rows)]


def _mean(found: Figures) -> str:
    low, high = found["interval"]
    return f"{found['MRR']:.3f} ({low:.3f}-{high:.3f})"


def _clusters(figures: Figures) -> str:
    clusters = [
        [name, round(found["p_at_3"], 3), round(found["first_is_true"], 3), len(found["negated_above"])]
        + [found["negatives_above"][role] for role in ("other-age", "other-cause")]
        for name, found in figures["clusters"].items()
    ]
    heads = ["synthetic clusters", "P@3", "first is true", "negated above a match", "other age above"]
    return table([*heads, "other cause above"], clusters)


def _speed(speed: Figures) -> list[str]:
    """Every size that was measured, and what follows from the usual build for the largest."""
    usual, sizes = speed["usual build"], speed["sizes"]
    rows = [_size(one, f"{one['patients']:,}") for one in sizes]
    rows.append(_size(usual, f"{usual['patients']:,}, usual build"))
    heads = ["patients", "build s", "MB on disk", "p50 ms", "p95 ms", "p99 ms"]
    largest = sizes[-1]["patients"]
    each = usual["build s"] / usual["patients"]
    projected = (
        f"**Projected, not measured:** {largest:,} such notes ({speed['mean characters']:,} characters in the mean) in"
        f" {each * largest / 60:,.0f} minutes by the usual build, at its {each * 1000:.1f} ms a note."
    )
    return [table(heads, rows), projected]


def _size(one: Figures, name: str) -> list[object]:
    ms = one["ms"]
    return [name, one["build s"], round(one["bytes"] / 1e6, 1), ms["p50"], ms["p95"], ms["p99"]]
