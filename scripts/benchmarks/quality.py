"""The parts that say how good answers are, and how fast: retrieval, lexical, literature, reading, asking.

Development figures: settings were chosen with BioASQ 11B in view.
"""

import statistics
import tarfile
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import msgspec

from api.progress import Bars
from api.service import Service, View
from corpora.beir import read_queries
from corpora.questions import Question, read_bioasq, read_squad
from indexer.build import build_index
from indexer.embedding import PROFILES, load_embedding_model
from indexer.index import Index, LexicalName
from reader.evaluation import evaluate_bioasq, evaluate_squad
from reader.models import load_reader
from reader.verification import verify_answer
from retriever.evaluation import evaluate_beir
from retriever.search import Mode, RetrievalSettings
from scripts.benchmarks.common import Context, benchmark_folder, literature_index, retrieval_index

PASSAGES = 20_000
ARTICLES = 400


def retrieval(context: Context) -> dict[str, Any]:
    """nDCG@10, R@100 and RR@10 of every mode and fusion on the shared benchmark."""
    folder = benchmark_folder(context)
    runs: dict[str, tuple[Mode, str]] = {
        "bm25": ("bm25", "min-max"),
        "dense": ("dense", "min-max"),
        "hybrid": ("hybrid", "min-max"),
        "hybrid, rrf": ("hybrid", "rrf"),
    }
    outcome = {}
    for name, (mode, fusion) in runs.items():
        settings = RetrievalSettings(fusion=fusion)
        result = evaluate_beir(
            folder, folder / "biocite-index", PROFILES["compact"], mode=mode, settings=settings, progress=Bars()
        )
        outcome[name] = msgspec.to_builtins(result.report)
    return outcome


def lexical(context: Context) -> dict[str, Any]:
    """Queries a second of both BM25 engines over the shared benchmark's index (made by `retrieval`), one thread."""
    directory = retrieval_index(context)
    queries = [query.text for query in read_queries(benchmark_folder(context))]
    speeds: dict[str, Any] = {}
    for name in get_args(LexicalName):
        with closing(Index(directory, load_embedding_model, lexical=name)) as index:
            index.lexical.search(queries[0], 10)
            started = time.perf_counter()
            for query in queries:
                index.lexical.search(query, 10)
            speeds[name] = round(len(queries) / (time.perf_counter() - started), 1)
    return {"queries": len(queries), "queries a second": speeds}


def reading(context: Context) -> dict[str, Any]:
    """The bundled reader on BioASQ 11B with gold snippets, and on COVID-QA, where it was trained (fit, not merit)."""
    reader = load_reader("compact")
    questions = _questions(context.data, "11B*.json")
    with Bars() as bars:
        stage = bars.start("reading", None, "questions")
        covid = read_squad(context.data / "covidqa" / "covidqa_train.json")
        scores = {
            "bioasq 11B, gold snippets": msgspec.to_builtins(evaluate_bioasq(reader, questions, stage.advance)),
            "covid-qa, seen in training": msgspec.to_builtins(evaluate_squad(reader, covid, stage.advance)),
        }
        stage.finish()
    return {"reader": reader.name, **scores}


def asking(context: Context) -> dict[str, Any]:
    """Wall time of `ask`, models warm, over an index of 20,000 documents of the shared benchmark."""
    corpus = context.work / "corpus-20k.jsonl"
    with (benchmark_folder(context) / "corpus.jsonl").open() as source, corpus.open("w") as target:
        target.writelines(islice(source, PASSAGES))
    directory = context.work / "index-20k"
    model = load_embedding_model(PROFILES["compact"])
    manifest = build_index([corpus], directory, model, progress=Bars()).manifest
    service = Service(directory)
    service.warm()
    spent: dict[str, list[float]] = {"factoid": [], "list": [], "yesno": [], "summary": []}
    for question in _questions(context.data, "11B*.json")[::3]:
        started = time.perf_counter()
        with service.using() as view:
            view.asker.ask(question.text, kind=question.kind)
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


def literature(context: Context) -> dict[str, Any]:
    """Both PubMed files and 400 PMC articles: what was read, and ten expert questions answered and verified."""
    sources = [*sorted(context.data.glob("pubmed/*.xml.gz")), *_pmc_articles(context, ARTICLES)]
    directory = literature_index(context)
    started = time.perf_counter()
    report = build_index(sources, directory, load_embedding_model(PROFILES["compact"]), progress=Bars())
    minutes = (time.perf_counter() - started) / 60
    service = Service(directory)
    with service.using() as view:
        known = set(view.index.store.document_ids())
        questions = [
            question
            for question in _questions(context.data, "*.json")
            if any(document.document_id in known for document in question.contexts)
        ]
        chosen = questions[:: max(1, len(questions) // 10)][:10]
        figures = {
            "documents": report.manifest.documents,
            "passages": report.manifest.passages,
            "searched passages": len(view.index.dense),
            "embedded in this run": report.embedded,
            "minutes of this run": round(minutes, 1),
            "files": {Path(source.name).name: source.counts for source in report.manifest.sources},
            "questions with a known document": len(questions),
            "asked": [_asked_and_verified(view, question) for question in chosen],
        }
    service.close()
    return figures


def _questions(data: Path, pattern: str) -> list[Question]:
    return [question for path in sorted(data.glob(f"bioasq/{pattern}")) for question in read_bioasq(path)]


def _pmc_articles(context: Context, wanted: int) -> list[Path]:
    """The first `wanted` articles of PMC's bundles, from PMC002 on, repacked once, a bundle a file."""
    files = []
    for bundle in sorted(context.data.glob("pmc/*.tar.gz"))[2:]:
        target = context.work / bundle.name.replace("oa_xml", "sample")
        if wanted > 0 and not target.exists():
            with tarfile.open(bundle) as source, tarfile.open(target, "w:gz") as copy:
                for member in islice((member for member in source if member.isfile()), wanted):
                    copy.addfile(member, source.extractfile(member))
        if wanted > 0:
            with tarfile.open(target) as copied:
                wanted -= sum(member.isfile() for member in copied)
            files.append(target)
    return files


def _asked_and_verified(view: View, question: Question) -> dict[str, Any]:
    """A question's answer over the index, and whether `verify` finds every quotation where it should be."""
    answer = view.asker.ask(question.text)
    verification = verify_answer(msgspec.json.encode(answer), view.index.store, answer.index_id)
    cited = {evidence.document_id for item in answer.answers for evidence in item.evidence}
    return {
        # By identifier: the texts are the data's and stay there.
        "question": question.question_id,
        "kind": answer.kind,
        "status": answer.status,
        "cited": sorted(cited),
        "cites an expert's document": bool(cited & {context.document_id for context in question.contexts}),
        "quotations": verification.evidence,
        "verified": verification.verified,
    }
