"""`make bench`: quality and speed on the real data, with the machine and versions, into docs/benchmarks.json.

Every figure in README.md and docs/benchmarks.md comes from here. Development figures: batch 11B chose settings.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import msgspec

from api.progress import Bars
from api.service import Service
from corpora.beir import read_queries
from corpora.questions import Question, read_bioasq, read_squad
from indexer.build import build_index
from indexer.embedding import PROFILES, load_embedding_model
from indexer.index import Index, LexicalName
from indexer.numeric import pick_device, pick_dtype
from reader.evaluation import evaluate_bioasq, evaluate_squad
from reader.models import load_reader
from reader.verification import verify_answer
from retriever.evaluation import evaluate_beir
from retriever.search import Mode, RetrievalSettings

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "bench-work"
PASSAGES = 20_000


def main() -> None:
    """Run the parts asked for and merge their figures into docs/benchmarks.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BIOCITE_DATA", "../shared/data")))
    parser.add_argument("--only", choices=list(PARTS), action="append", help="run only this part")
    arguments = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    path = ROOT / "docs" / "benchmarks.json"
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    figures["machine"] = machine()
    for name in arguments.only or PARTS:
        sys.stderr.write(f"== {name}\n")
        figures[name] = PARTS[name](arguments.data)
        path.write_text(json.dumps(figures, indent=2) + "\n")
        sys.stdout.write(json.dumps({name: figures[name]}, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    packages = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "tantivy", "rank-bm25")
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "device": pick_device(),
        "dtype": str(pick_dtype("auto", pick_device())),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


def benchmark_folder(data: Path) -> Path:
    """The shared retrieval benchmark (BEIR layout), made once: about 46,700 documents and 327 questions of 11B."""
    folder = WORK / "beir-11B"
    if not (folder / "qrels" / "test.tsv").exists():
        bioasq = [str(path) for path in sorted(data.glob("bioasq/*.json"))]
        queries = [path for path in bioasq if Path(path).name.startswith("11B")]
        pubmed = [str(path) for path in sorted(data.glob("pubmed/*.xml.gz"))]
        tool = data.parent / "tools" / "make_beir.py"
        command = [sys.executable, str(tool), str(folder), "--bioasq", *bioasq, "--queries-from", *queries]
        subprocess.run([*command, "--pubmed", *pubmed], check=True)  # noqa: S603 - the data's own tool
    return folder


def retrieval(data: Path) -> dict[str, Any]:
    """nDCG@10, R@100 and RR@10 of every mode and fusion on the shared benchmark."""
    folder = benchmark_folder(data)
    runs: dict[str, tuple[Mode, str]] = {
        "bm25": ("bm25", "min-max"),
        "dense": ("dense", "min-max"),
        "hybrid": ("hybrid", "min-max"),
    }
    runs["hybrid, rrf"] = ("hybrid", "rrf")
    outcome = {}
    for name, (mode, fusion) in runs.items():
        settings = RetrievalSettings(fusion=fusion)
        result = evaluate_beir(
            folder, folder / "biocite-index", PROFILES["compact"], mode=mode, settings=settings, progress=Bars()
        )
        outcome[name] = msgspec.to_builtins(result.report)
    return outcome


def reading(data: Path) -> dict[str, Any]:
    """The bundled reader on BioASQ 11B with gold snippets, and on COVID-QA, where it was trained (fit, not merit)."""
    reader = load_reader("compact")
    questions = [question for path in sorted(data.glob("bioasq/11B*.json")) for question in read_bioasq(path)]
    bars = Bars()
    bars.start("reading", None, "questions")
    scores = {
        "bioasq 11B, gold snippets": msgspec.to_builtins(evaluate_bioasq(reader, questions, bars.advance)),
        "covid-qa, seen in training": msgspec.to_builtins(
            evaluate_squad(reader, read_squad(data / "covidqa" / "covidqa_train.json"), bars.advance)
        ),
    }
    bars.finish()
    return {"reader": reader.name, **scores}


def asking(data: Path) -> dict[str, Any]:
    """Wall time of `ask`, models warm, over an index of 20,000 passages of the shared benchmark."""
    folder = benchmark_folder(data)
    corpus = WORK / "corpus-20k.jsonl"
    with (folder / "corpus.jsonl").open() as source, corpus.open("w") as target:
        target.writelines(islice(source, PASSAGES))
    directory = WORK / "index-20k"
    model = load_embedding_model(PROFILES["compact"])
    manifest = build_index([corpus], directory, model, progress=Bars()).manifest
    service = Service(directory)
    service.warm()
    questions = [question for path in sorted(data.glob("bioasq/11B*.json")) for question in read_bioasq(path)]
    spent: dict[str, list[float]] = {"factoid": [], "list": [], "yesno": [], "summary": []}
    for question in questions[::3]:
        started = time.perf_counter()
        service.asker.ask(question.text, kind=question.kind)
        spent[question.kind].append((time.perf_counter() - started) * 1000)
    service.close()
    everything = sorted(milliseconds for kind in spent.values() for milliseconds in kind)
    return {
        "documents": manifest.documents,
        "passages": manifest.passages,
        "questions": len(everything),
        "median_ms": round(statistics.median(everything), 1),
        "p95_ms": round(everything[int(len(everything) * 0.95)], 1),
        "median_ms_by_kind": {kind: round(statistics.median(values), 1) for kind, values in spent.items()},
    }


def literature(data: Path) -> dict[str, Any]:
    """Both PubMed files and 400 PMC articles: what was read, and ten expert questions answered and verified."""
    sources = [*sorted(data.glob("pubmed/*.xml.gz")), *pmc_articles(data, 400)]
    directory = WORK / "index-literature"
    started = time.perf_counter()
    report = build_index(sources, directory, load_embedding_model(PROFILES["compact"]), progress=Bars())
    minutes = (time.perf_counter() - started) / 60
    service = Service(directory)
    known = set(service.index.store.document_ids())
    questions = [
        question
        for path in sorted(data.glob("bioasq/*.json"))
        for question in read_bioasq(path)
        if any(context.document_id in known for context in question.contexts)
    ]
    asked = [asked_and_verified(service, question) for question in questions[:: max(1, len(questions) // 10)][:10]]
    figures = {
        "documents": report.manifest.documents,
        "passages": report.manifest.passages,
        "searched passages": len(service.index.dense),
        "embedded in this run": report.embedded,
        "minutes of this run": round(minutes, 1),
        "files": {Path(source.name).name: source.counts for source in report.manifest.sources},
        "questions with a known document": len(questions),
        "asked": asked,
    }
    service.close()
    return figures


def lexical(data: Path) -> dict[str, Any]:
    """Queries a second of both BM25 engines over the shared benchmark's index (made by `retrieval`), one thread."""
    directory = benchmark_folder(data) / "biocite-index"
    queries = [query.text for query in read_queries(benchmark_folder(data))]
    speeds: dict[str, Any] = {}
    for name in get_args(LexicalName):
        with closing(Index(directory, load_embedding_model, lexical=name)) as index:
            index.lexical.search(queries[0], 10)
            started = time.perf_counter()
            for query in queries:
                index.lexical.search(query, 10)
            speeds[name] = round(len(queries) / (time.perf_counter() - started), 1)
    return {"queries": len(queries), "queries a second": speeds}


def pmc_articles(data: Path, wanted: int) -> list[Path]:
    """The first `wanted` articles of PMC's bundles, from PMC002 on, repacked once, a bundle a file."""
    files = []
    for bundle in sorted(data.glob("pmc/*.tar.gz"))[2:]:
        target = WORK / bundle.name.replace("oa_xml", "sample")
        if wanted > 0 and not target.exists():
            with tarfile.open(bundle) as source, tarfile.open(target, "w:gz") as copy:
                for member in islice((member for member in source if member.isfile()), wanted):
                    copy.addfile(member, source.extractfile(member))
        if wanted > 0:
            with tarfile.open(target) as copied:
                wanted -= sum(member.isfile() for member in copied)
            files.append(target)
    return files


def asked_and_verified(service: Service, question: Question) -> dict[str, Any]:
    """A question's answer over the index, and whether `verify` finds every quotation where it should be."""
    answer = service.asker.ask(question.text)
    verification = verify_answer(msgspec.json.encode(answer), service.index.store, answer.index_id)
    cited = {evidence.document_id for item in answer.answers for evidence in item.evidence}
    return {
        "question": question.text,
        "status": answer.status,
        "answer": answer.answers[0].text[:160] if answer.answers else "",
        "cites an expert's document": bool(cited & {context.document_id for context in question.contexts}),
        "quotations": verification.evidence,
        "verified": verification.verified,
    }


PARTS = {"literature": literature, "retrieval": retrieval, "lexical": lexical, "reading": reading, "asking": asking}

if __name__ == "__main__":
    main()
