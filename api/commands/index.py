"""`biocite index`: sources -> an index directory."""

from pathlib import Path
from typing import Any

import click

from api.commands.options import json_option, print_json


@click.command("index")
@click.argument("sources", nargs=-1, required=True)
@click.option("--into", "directory", type=click.Path(path_type=Path), required=True, help="The index directory.")
@click.option(
    "--profile", type=click.Choice(["compact", "biobert"]), default="compact", show_default=True, help="Which models."
)
@click.option("--embedding-model", metavar="NAME_OR_FOLDER", help="Another embedding model than the profile's.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "bf16", "fp16", "int8"]),
    default="auto",
    show_default=True,
    help="The numbers that the embedding model computes with; auto takes the fastest that this machine has.",
)
@click.option(
    "--dense-index",
    "dense",
    type=click.Choice(["auto", "flat", "ivf"]),
    help="How FAISS searches: flat looks at every vector, ivf at the nearest lists, auto (unless something else was"
    " chosen for this index) by their number.",
)
@click.option(
    "--patients",
    is_flag=True,
    help="The sources are patients: notes (text, JSON lines, CSV), FHIR, PMC-Patients, case reports. Identifiers are"
    " removed on the way in.",
)
@click.option(
    "--pseudonyms",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --patients: know each patient by a random pseudonym. FILE tells who is who, and only you can read it;"
    " name the same one in every run.",
)
@json_option
def command(sources: tuple[str, ...], directory: Path, profile: str, as_json: bool, **options: Any) -> int:
    """Index literature: PubMed XML, PMC JATS, BEIR or JSON lines; files, folders, .gz and .tar.gz.

    Running it again with the same sources changes nothing; with new ones it adds them; after a stop it goes on where it
    was. Files are applied in the order given, those of a folder by name, so PubMed's update files take effect one after
    the other. The index can be searched meanwhile: what is new appears all at once, at the end.
    """
    from api.progress import Bars
    from corpora.errors import UsageError
    from corpora.sources import iter_sources
    from indexer.build import BuildSettings, build_index
    from indexer.embedding import load_embedding_model, resolve_profile
    from indexer.patients.store import is_patient_index

    if options["pseudonyms"] is not None and not options["patients"]:
        raise UsageError("--pseudonyms is for patients", remedy="Add --patients, or leave it out")
    if options["patients"]:
        return _index_patients(sources, directory, profile, as_json=as_json, options=options)
    if is_patient_index(directory):
        raise UsageError(f"{directory}: is an index of patients", remedy="Name another folder for literature")
    list(iter_sources(sources))  # a wrong path should not wait for a model to load
    chosen = resolve_profile(profile, options["embedding_model"])
    model = load_embedding_model(chosen, precision=options["precision"])
    with Bars() as bars:
        report = build_index(sources, directory, model, settings=BuildSettings(dense=options["dense"]), progress=bars)
    if as_json:
        print_json(
            {
                "index_id": report.manifest.index_id,
                "generation": report.manifest.generation,
                "directory": str(directory),
                "documents": report.manifest.documents,
                "passages": report.manifest.passages,
                "embedded": report.embedded,
                "totals": report.totals,
                "sources": report.sources,
            }
        )
        for source in report.sources:
            if source.refused:
                click.echo(f"biocite: {source.refused}", err=True)
    else:
        from api.render import render_build

        render_build(report, directory)
    return 1 if any(source.refused for source in report.sources) else 0


def _index_patients(
    sources: tuple[str, ...], directory: Path, profile: str, *, as_json: bool, options: dict[str, Any]
) -> int:
    """The same for patients, who get an index of their own."""
    from api.progress import Bars
    from indexer.build import BuildSettings
    from indexer.embedding import load_embedding_model, resolve_profile
    from indexer.patients.building import build_patient_index

    model = load_embedding_model(resolve_profile(profile, options["embedding_model"]), precision=options["precision"])
    with Bars() as bars:
        report = build_patient_index(
            sources, directory, model,
            settings=BuildSettings(dense=options["dense"]), progress=bars, pseudonyms=options["pseudonyms"],
        )  # fmt: skip
    skipped = [str(one) for one in report.skipped]
    if as_json:
        manifest = report.build.manifest
        print_json(
            {
                "index_id": manifest.index_id,
                "directory": str(directory),
                "patients": report.patients,
                "skipped": skipped,
                "masked": report.masked,
                "identifying": report.identifying,
                "passages": manifest.passages,
            }
        )
    else:
        masked = ", ".join(f"{kind} {count:,}" for kind, count in report.masked.items()) or "none"
        click.echo(f"{report.patients:,} patients read into {directory}; identifiers removed: {masked}")
    for line in skipped:
        click.echo(f"biocite: skipped {line}", err=True)
    if report.identifying:
        click.echo(
            f"biocite: {report.identifying:,} of {report.patients:,} identifiers of patients look like names, dates or"
            " numbers of persons, and are kept as they are; --pseudonyms FILE hides them, in a new folder",
            err=True,
        )
    return 0
