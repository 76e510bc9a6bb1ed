"""Figures of docs/benchmarks.json as the tables of docs/benchmarks.md: a function a part, JSON in, Markdown out."""

from collections.abc import Callable, Sequence
from typing import Any

from scripts.benchmarks.markdown import table
from scripts.benchmarks.patient_tables import patients

Figures = dict[str, Any]
MEASURES = ("nDCG@10", "R@100", "RR@10")
STAGES = ("embedding", "bm25", "dense", "feedback", "fusion", "fetch", "total")


def dense(figures: Figures) -> str:
    """Cost and recall of each kind by the number of vectors, and under filters at the largest."""
    kinds, filters = [], []
    for size, of_size in figures.items():
        if not isinstance(of_size, dict):
            continue
        for kind in ("flat", "auto"):
            one = of_size[kind]
            ms, parts = one["search_ms"], "; ".join(one["segments"]) or "no segment"
            built = [one["build_s"], one["build_memory_mb"]["peak"], round(one["bytes"] / 1e6)]
            kinds.append(
                [f"{int(size):,}", kind, parts, ms["p50"], ms["p95"], one["recall_at_100"], *built, one["open_s"]]
            )
        for name, one in of_size.get("filters", {}).items():
            filters.append([name, one["search_ms"]["p50"], one["search_ms"]["p95"], one["recall_at_100"]])
    costs = ["build s", "build peak MB", "MB on disk", "open s"]
    headings = ["vectors", "kind", "made of", "p50 ms", "p95 ms", "recall@100", *costs]
    under = table(["vectors allowed, of the largest index", "p50 ms", "p95 ms", "recall@100"], filters)
    return "\n\n".join([table(headings, kinds), under])


def embedding(figures: Figures) -> str:
    """Passages a second of each contestant, by model."""
    rows = []
    for model in ("compact", "biobert-shaped"):
        one = figures[model]
        for name, rate in one["passages/s"].items():
            share = one["share of peak"].get(name, "")
            rows.append([model, name, rate, share, one["one query ms"].get(name, "")])
    ratios = "; ".join(
        f"{model}: {figures[model]['ratio to sentence-transformers fp32']} times sentence-transformers in fp32,"
        f" {figures[model]['mean tokens']} tokens a passage, peak {figures[model]['peak bf16 GFLOP/s']} GFLOP/s"
        for model in ("compact", "biobert-shaped")
    )
    headings = ["model", "run by", "passages/s", "share of the bf16 peak", "one query ms"]
    return "\n\n".join([f"{ratios}.", table(headings, rows)])


def about(result: Figures) -> str:
    """When, with what and by which command a part was measured, in a paragraph."""
    machine, versions = result["machine"], result["versions"]
    flags = f" ({', '.join(machine['flags'])})" if machine.get("flags") else ""
    where = f"{machine['processor']}{flags}, {machine['cores']} cores, {machine['device']}, {machine['dtype']}"
    packages = ", ".join(f"{name} {number}" for name, number in versions.items())
    scaled = "" if result.get("scale", 1.0) == 1.0 else f" **Tried out at {result['scale']:g} of its size.**"
    return f"Measured {result['date']} by `{result['command']}` on {where}; {packages}.{scaled}"


def retrieval(figures: Figures) -> str:
    """Modes and fusions."""
    first = next(iter(figures.values()))
    size = f"{first['documents']:,} documents, {first['passages']:,} passages, {first['queries']} questions."
    rows = [
        [
            name,
            *(f"{found[measure]:.3f}" for measure in MEASURES),
            _span(found["intervals"]["nDCG@10"]),
            found["median_ms"],
        ]
        for name, found in figures.items()
    ]
    return f"{size}\n\n" + table(["mode", *MEASURES, "interval of nDCG@10", "median ms a query"], rows)


def lexical(figures: Figures) -> str:
    """BM25 engines."""
    rows = [[name, f"{speed:,}"] for name, speed in figures["queries a second"].items()]
    return table(["BM25 engine", "queries a second, one thread"], rows)


def reading(figures: Figures) -> str:
    """The measures of reader and verdict on each set."""
    rows = [row for name, kinds in figures.items() if isinstance(kinds, dict) for row in _measured(name, kinds)]
    models = f"Reader: `{figures['reader']}`, verdict: `{figures['verdict']}`."
    return f"{models}\n\n" + table(["set", "kind", "questions", "measures, with 95 % intervals"], rows)


def _measured(name: str, kinds: Figures) -> list[list[object]]:
    """A row a kind of question: its measures with their intervals."""
    intervals = kinds.get("intervals", {})
    rows: list[list[object]] = []
    for kind, scores in kinds.items():
        if kind != "intervals":
            known = intervals.get(kind, {})
            shown = (
                f"{what} {value:.3f}" + (f" ({_span(known[what])})" if what in known else "")
                for what, value in scores.items()
                if what != "n"
            )
            rows.append([name, kind, scores["n"], ", ".join(shown)])
    return rows


def answers(figures: Figures) -> str:
    """End to end: BioASQ's measures, what was answered and how right it was, calibration, groups."""
    scores = table(["set", "kind", "questions", "measures, with 95 % intervals"], _measured("11B", figures["scores"]))
    measures = ("kind_told", "answered", "precision", "cites_judged", "right", "right_kept")
    kinds = table(
        ["answerable questions", "questions", *(name.replace("_", " ") for name in measures)],
        [
            [kind, found["right"]["n"], *(_estimated(found[name]) for name in measures)]
            for kind, found in figures["kinds"].items()
            if found["right"] is not None
        ],
    )
    outside = table(
        ["questions not to be answered", "questions", "answered", "answered and right"],
        [
            [
                name.replace("_", " "),
                part["answered"]["n"],
                _estimated(part["answered"]),
                _estimated(part["answered_right"]),
            ]
            for name, part in figures["unanswerable"].items()
        ],
    )
    calibration = table(
        ["calibration over", "questions", "expected calibration error", "Brier"],
        [
            [
                name.replace("_", " "),
                part["n"],
                f"{part['calibration_error']:.3f} ({_span(part['calibration_error_interval'])})",
                f"{part['brier']:.3f}",
            ]
            for name, part in figures["calibration"].items()
        ],
    )
    groups = table(
        ["questions that mention", "questions", "answered", "right"],
        [
            [name, part["right"]["n"], _estimated(part["answered"]), _estimated(part["right"])]
            for name, part in figures["groups"].items()
            if part["right"] is not None
        ],
    )
    return "\n\n".join((scores, kinds, outside, calibration, groups))


def _estimated(found: Figures | None) -> str:
    return "" if found is None else f"{found['value']:.3f} ({_span((found['low'], found['high']))})"


def asking(figures: Figures) -> str:
    """Wall time of a question."""
    kinds = figures["median_ms_by_kind"]
    size = f"{figures['documents']:,} documents, {figures['passages']:,} passages, {figures['questions']} questions."
    row = [figures["median_ms"], figures["p95_ms"], *kinds.values()]
    return f"{size}\n\n" + table(["median ms", "p95 ms", *(f"median ms, {kind}" for kind in kinds)], [row])


def serving(figures: Figures) -> str:
    """Requests a second and latencies under load, one row an outcome."""
    size = f"{figures['documents']:,} documents, {figures['searched passages']:,} searched passages."
    rows = []
    for name, outcomes in figures.items():
        if not isinstance(outcomes, dict):
            continue
        for what, found in outcomes.items():
            if isinstance(found, dict) and "p99_ms" in found:
                figures_of = [found["per second"], found["p50_ms"], found["p95_ms"], found["p99_ms"], found["failures"]]
                rows.append([name, what, *figures_of])
    heads = ["load", "outcome", "a second", "p50 ms", "p95 ms", "p99 ms", "failures"]
    after = [
        [name, found["memory_mb"]["before"], found["memory_mb"]["most"], probe["p50_ms"], probe["p99_ms"]]
        for name, found in figures.items()
        if isinstance(found, dict) and "memory_mb" in found
        for probe in found["first 3 s afterwards"].values()
    ]
    memory = table(["load", "MB before", "MB at most", "p50 ms in the 3 s after", "p99 ms in the 3 s after"], after)
    return f"{size}\n\n{table(heads, rows)}\n\n{memory}"


def literature(figures: Figures) -> str:
    """What the real files hold, and the questions asked of them."""
    size = (
        f"{figures['documents']:,} documents, {figures['passages']:,} passages, of which "
        f"{figures['searched passages']:,} are searched for (a title is searched with each passage of its document)."
    )
    files = [
        [f"`{name}`", ", ".join(f"{what.replace('_', ' ')} {number:,}" for what, number in counts.items())]
        for name, counts in figures["files"].items()
    ]
    asked = [
        [
            one["question"],
            one["kind"],
            one["status"].replace("_", " "),
            ", ".join(one["cited"]),
            _yes(one["cites an expert's document"]),
            one["quotations"],
            _yes(one["verified"]),
        ]
        for one in figures["asked"]
    ]
    headings = ["BioASQ question", "kind", "status", "cited", "an expert's among them", "quotations", "verified"]
    return "\n\n".join([size, table(["file", "what was read"], files), table(headings, asked)])


def peers(figures: Figures) -> str:
    """BioCite beside txtai and Haystack."""
    size = f"{figures['passages']:,} passages, {figures['queries']} questions, {figures['threads']} thread."
    systems = ", ".join(
        f"{name} ({', '.join(f'{package} {number}' for package, number in system['versions'].items())})"
        for name, system in figures["systems"].items()
    )
    times = figures["biocite's queries a second, times those of"]
    rows = [
        [
            depth,
            name,
            found["queries a second"],
            *found["ms"].values(),
            f"{found['nDCG@10']:.3f}",
            _span(found["interval"]),
            f"{times[depth][name]:g}" if name in times[depth] else "",
        ]
        for depth, of_depth in figures["depths"].items()
        for name, found in of_depth.items()
    ]
    headings = [
        "k",
        "system",
        "queries a second",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "nDCG@10",
        "interval",
        "BioCite is faster by",
    ]
    return f"{size} {systems}.\n\n" + table(headings, rows)


def search(figures: Figures) -> str:
    """Latency, memory and reopening by size."""
    sizes = figures["sizes"]
    real = f"Real passages: {figures['real passages']:,}; larger indexes repeat them with shuffled words and noise."
    latency = [
        [f"{found['searched passages']:,}", stage, *found["ms"][stage].values()]
        for found in sizes.values()
        for stage in STAGES
        if stage in found["ms"]
    ]
    whole = [
        [
            f"{found['searched passages']:,}",
            found["ms"]["total"]["p50"],
            found["raw parts, ms"]["sum"]["p50"],
            found["p50 of the whole to p50 of the raw parts"],
            found["recall@100"],
            found["reopen"]["open_s"],
            found["reopen, files not in memory"]["open_s"],
            found["reopen"]["rss_mb"]["after searches"],
            found["reopen"]["anonymous_mb"]["after searches"],
            found["rss_mb with model"],
            round(found["bytes"]["all"] / 1e6),
        ]
        for found in sizes.values()
    ]
    headings = ["passages", "p50 ms", "raw parts, p50 ms", "ratio", "recall@100", "reopen s", "reopen s, cold"]
    headings += ["RSS MB, no model", "of it anonymous", "RSS MB with model", "MB on disk"]
    return "\n\n".join(
        [real, table(headings, whole), table(["passages", "stage", "p50 ms", "p95 ms", "p99 ms"], latency)]
    )


def building(figures: Figures) -> str:
    """Building by size."""
    rows = [
        [
            f"{size['documents']:,}",
            f"{size['passages']:,}",
            f"{size['embedded texts']:,}",
            size["build s"],
            size["embedding alone s"],
            size["build to embedding alone"],
            size["peak rss_mb"],
            size["peak rss_mb with child processes"],
            round(size["bytes"]["all"] / 1e6, 1),
            _adding(size.get("adding 1 %")),
        ]
        for size in figures["sizes"]
    ]
    headings = ["documents", "passages", "texts embedded", "build s", "embedding alone s", "ratio", "peak RSS MB"]
    headings += ["with child processes", "MB on disk", "adding 1 %"]
    return table(headings, rows)


def _adding(adding: Figures | None) -> str:
    if adding is None:
        return "not measured"
    return f"{adding['documents']:,} documents in {adding['s']:g} s, {adding['share of the build']:.2%} of the build"


def _span(interval: Sequence[float]) -> str:
    low, high = interval
    return f"{low:.3f}-{high:.3f}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


TABLES: dict[str, Callable[[Figures], str]] = {
    "literature": literature,
    "retrieval": retrieval,
    "lexical": lexical,
    "reading": reading,
    "answers": answers,
    "asking": asking,
    "serving": serving,
    "patients": patients,
    "embedding": embedding,
    "dense": dense,
    "peers": peers,
    "search": search,
    "building": building,
}
