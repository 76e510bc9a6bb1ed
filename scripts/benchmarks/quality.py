"""The parts that say how good answers are, and how fast: retrieval, lexical, literature, reading, answers, asking.

Models are trained on BioASQ 7B to 9B, settings chosen and confidence calibrated on 10B, figures measured on 11B.
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
from corpora.questions import Question, read_bioasq
from corpora.sample import out_of_field_path
from indexer.build import build_index
from indexer.embedding import PROFILES, load_embedding_model
from indexer.index import Index, LexicalName
from reader.end_to_end import evaluate_answers
from reader.evaluation import evaluate_bioasq
from reader.models import load_reader
from reader.outcomes import asked_questions, out_of_field_questions
from reader.verdict import load_verdict
from reader.verification import verify_answer
from retriever.evaluation import evaluate_beir
from retriever.rerank import load_reranker
from retriever.search import Mode, RetrievalSettings
from scripts.benchmarks.common import Context, benchmark_folder, literature_index, retrieval_index

DOCUMENTS = 20_000
ARTICLES = 400


def retrieval(context: Context) -> dict[str, Any]:
    """nDCG@10, R@100 and RR@10 of every mode and fusion on the shared benchmark."""
    folder = benchmark_folder(context)
    reranker = load_reranker()
    runs: dict[str, tuple[Mode, str, bool]] = {
        "bm25": ("bm25", "min-max", False),
        "dense": ("dense", "min-max", False),
        "hybrid": ("hybrid", "min-max", False),
        "hybrid, rrf": ("hybrid", "rrf", False),
        "hybrid, reranked": ("hybrid", "min-max", True),
    }
    outcome = {}
    for name, (mode, fusion, rerank) in runs.items():
        result = evaluate_beir(
            folder,
            folder / "biocite-index",
            PROFILES["compact"],
            mode=mode,
            settings=RetrievalSettings(fusion=fusion),
            reranker=reranker if rerank else None,
            progress=Bars(),
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
    """The shipped reader and verdict on BioASQ 11B, and on 10B, by which settings were chosen, with gold snippets."""
    reader, verdicts = load_reader("compact"), load_verdict("compact")
    with Bars() as bars:
        stage = bars.start("reading", None, "questions")
        scores = {
            f"bioasq {batch}, gold snippets": msgspec.to_builtins(
                evaluate_bioasq(reader, questions_of(context.data, f"{batch}*.json"), stage.advance, verdicts)
            )
            for batch in ("10B", "11B")
        }
        stage.finish()
    return {"reader": reader.name, "verdict": verdicts.name, **scores}


def answers(context: Context) -> dict[str, Any]:
    """The questions of BioASQ 11B asked of the shared benchmark's index (made by `retrieval`), end to end.

    Each is asked again without its judged documents, and questions of other fields are asked too.
    """
    asked = asked_questions(sorted(context.data.glob("bioasq/11B*.json")), without_relevant=True)
    asked += out_of_field_questions(out_of_field_path("measuring"))
    service = Service(retrieval_index(context))
    with service.using() as view, Bars() as bars:
        stage = bars.start("asking", len(asked), "questions")
        report = evaluate_answers(view.asker, asked, tick=stage.advance)
        stage.finish()
    service.close()
    figures: dict[str, Any] = msgspec.to_builtins(report)
    return figures


def corpus_index(context: Context) -> Path:
    """An index of 20,000 documents of the shared benchmark, made where it is not there."""
    corpus = context.work / "corpus-20k.jsonl"
    with (benchmark_folder(context) / "corpus.jsonl").open() as source, corpus.open("w") as target:
        target.writelines(islice(source, DOCUMENTS))
    directory = context.work / "index-20k"
    build_index([corpus], directory, load_embedding_model(PROFILES["compact"]), progress=Bars())
    return directory


def asking(context: Context) -> dict[str, Any]:
    """Wall time of `ask`, models warm, over an index of 20,000 documents of the shared benchmark."""
    service = Service(corpus_index(context))
    service.warm()
    info = service.info
    spent: dict[str, list[float]] = {"factoid": [], "list": [], "yesno": [], "summary": []}
    for question in questions_of(context.data, "11B*.json")[::3]:
        started = time.perf_counter()
        with service.using() as view:
            view.asker.ask(question.text, kind=question.kind)
        spent[question.kind].append((time.perf_counter() - started) * 1000)
    service.close()
    everything = sorted(milliseconds for kind in spent.values() for milliseconds in kind)
    return {
        "documents": info.documents,
        "passages": info.passages,
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
            for question in questions_of(context.data, "*.json")
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


def questions_of(data: Path, pattern: str) -> list[Question]:
    """The questions of the BioASQ files of such names."""
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
