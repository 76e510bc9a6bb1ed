"""`biocite index`: sources -> an index directory."""

from pathlib import Path

import click

from api.commands.options import json_option, print_json


@click.command("index")
@click.argument("sources", nargs=-1, required=True)
@click.option("--into", "directory", type=click.Path(path_type=Path), required=True, help="The index directory.")
@click.option(
    "--profile", type=click.Choice(["compact", "biobert"]), default="compact", show_default=True, help="Which models."
)
@click.option("--embedding-model", metavar="NAME_OR_FOLDER", help="Another embedding model than the profile's.")
@json_option
def command(sources: tuple[str, ...], directory: Path, profile: str, embedding_model: str | None, as_json: bool) -> int:
    """Index literature: PubMed XML, PMC JATS, BEIR or JSON lines; files, folders, .gz and .tar.gz.

    Running it again with the same sources changes nothing; with new ones it adds them. Files are applied in the order
    given, those of a folder by name, so PubMed's update files take effect one after the other.
    """
    from api.progress import Bars
    from corpora.sources import iter_sources
    from indexer.build import build_index
    from indexer.embedding import load_embedding_model, resolve_profile

    list(iter_sources(sources))  # a wrong path should not wait for a model to load
    model = load_embedding_model(resolve_profile(profile, embedding_model))
    with Bars() as bars:
        report = build_index(sources, directory, model, progress=bars)
    if as_json:
        print_json(
            {
                "index_id": report.manifest.index_id,
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
