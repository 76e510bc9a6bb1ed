"""Options that several commands share, and how results leave the program."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from indexer.records import Filters

Command = TypeVar("Command", bound=Callable[..., Any])

index_option = click.option(
    "--index",
    "directory",
    type=click.Path(path_type=Path),
    required=True,
    help="The index directory that biocite index made.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout.")
reader_option = click.option(
    "--reader",
    default="compact",
    show_default=True,
    help="The reader: compact, biobert, a folder or a Hugging Face name.",
)

mode_option = click.option(
    "--mode", type=click.Choice(["hybrid", "bm25", "dense"]), default="hybrid", show_default=True, help="Which engines."
)
fusion_option = click.option(
    "--fusion",
    type=click.Choice(["min-max", "rrf"]),
    default="min-max",
    show_default=True,
    help="How both engines are fused.",
)
rerank_option = click.option(
    "--rerank/--no-rerank", default=False, show_default=True, help="Read the best passages once more with the reranker."
)
lexical_option = click.option(
    "--bm25-engine",
    "lexical",
    type=click.Choice(["tantivy", "rank-bm25"]),
    default="tantivy",
    show_default=True,
    help="Which BM25: Tantivy on disk, or rank-bm25 in memory, for small indexes and comparison.",
)

_FILTERS = (
    click.option("--year", "years", metavar="2015:2021", help="Years of publication: 2015, 2015:2021, 2015: or :2021."),
    click.option("--type", "publication_types", multiple=True, help="Publication type, such as Review. Repeatable."),
    click.option("--journal", "journals", multiple=True, help="Journal title. Repeatable."),
    click.option("--mesh", "mesh", multiple=True, help="MeSH heading. Repeatable."),
    click.option("--section", "sections", multiple=True, help="Kind of section, such as results. Repeatable."),
    click.option("--language", "languages", multiple=True, help="Language code, such as eng. Repeatable."),
    click.option("--within", "documents", multiple=True, metavar="ID", help="Only this document. Repeatable."),
    click.option(
        "--retracted/--no-retracted", "retracted", default=None, help="Only retracted documents, or none of them."
    ),
)


def filter_options(command: Command) -> Command:
    """Add the filter options to a command."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def filters_from(values: dict[str, Any]) -> Filters:
    """The filters that `filter_options` collected."""
    from retriever.filters import make_filters

    return make_filters(**values)


def reader_source(name: str) -> str:
    """What `load_reader` takes for a profile name, folder or hub name."""
    from reader.models import READERS

    return READERS.get(name, name)


def print_json(value: object) -> None:
    """Print a result as one JSON document, indented when a person may be looking."""
    encoded = msgspec.json.encode(value)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded)
    sys.stdout.buffer.write(encoded + b"\n")
    sys.stdout.flush()
