"""`biocite similar`: patients like the one of a note."""

import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click
import msgspec

from api.commands.options import index_option, json_option, print_json


@click.command("similar")
@click.argument("note", type=click.Path(path_type=Path, allow_dash=True))
@index_option
@click.option("-k", type=click.IntRange(1, 100), default=10, show_default=True, help="How many patients.")
@click.option("--age", type=click.FloatRange(0, 150), help="The patient's age in years, where the note does not tell.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="The patient's sex, where the note does not tell.")
@click.option("--ages", metavar="20:45", help="Only patients of these ages in years, both ends included.")
@click.option("--ask", "questions", multiple=True, help="Ask this of each patient's note (of 20 at most). Repeatable.")
@click.option("--same-sex", is_flag=True, help="Only patients of the same sex.")
@click.option(
    "--literature",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Show literature for the note, of this index, too.",
)
@json_option
def command(note: Path, directory: Path, literature: Path | None, as_json: bool, **options: Any) -> None:
    """Find patients like the one of NOTE (a text file, or - for standard input), each with what matches and differs.

    The index is one of patients (biocite index --patients). With --ask, the notes of those found are asked, such as
    --ask "What treatment was given?", and answer with their own sentences. Identifiers are
    removed from the note before anything is done with it, and nothing of it is kept.
    """
    from api.patient_operations import silenced
    from api.patient_search import PatientSearch, literature_for
    from api.patients import MAX_NOTE_CHARACTERS, MAX_QUESTIONS, PatientRequest
    from api.service import Service
    from corpora.errors import SourceError, UsageError
    from retriever.rerank import load_reranker

    try:
        content = sys.stdin.buffer.read() if str(note) == "-" else note.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{note}: cannot be read ({error.strerror})", remedy="Name a text file") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{note}: is not UTF-8 at byte {error.start}", remedy="Save it as UTF-8") from None
    if len(text) > MAX_NOTE_CHARACTERS:
        raise UsageError(
            f"{note}: has {len(text):,} characters, at most {MAX_NOTE_CHARACTERS:,} are taken", remedy="Shorten it"
        )
    request = PatientRequest(
        text,
        options["k"],
        options["age"],
        options["sex"] or "",
        _ages(options["ages"]),
        options["same_sex"],
        options["questions"],
    )
    if len(request.questions) > MAX_QUESTIONS:
        raise UsageError(
            f"{len(request.questions)} questions, at most {MAX_QUESTIONS} are taken", remedy="Ask again with the others"
        )
    bearing = None
    with ExitStack() as stack:
        # Both are opened before anything is searched: a folder that is none should be told at once.
        service = None if literature is None else stack.enter_context(closing(Service(literature)))
        search = stack.enter_context(closing(PatientSearch(directory, reranker=load_reranker)))
        response = silenced(lambda: search.similar(request))()  # a failure nobody foresaw may quote the note
        if service is not None:
            of_the_note = msgspec.structs.replace(request, ages=None, same_sex=False, questions=())
            view = stack.enter_context(service.using())
            bearing = silenced(lambda: literature_for(view.retriever, of_the_note))()
    if as_json:
        print_json(response if bearing is None else msgspec.to_builtins(response) | {"literature": bearing})
    else:
        from api.render import render_hits
        from api.render_patients import render_patients

        render_patients(response)
        if bearing is not None:
            render_hits(bearing)


def _ages(text: str | None) -> tuple[float, float] | None:
    from corpora.errors import UsageError

    if text is None:
        return None
    first, _, last = text.partition(":")
    try:
        return float(first or 0), float(last or 150)
    except ValueError:
        raise UsageError(f"--ages is {text!r}", remedy="Write 20:45, 20: or :45") from None
