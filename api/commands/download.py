"""`biocite download`: real literature from NCBI."""

import os
from dataclasses import replace
from pathlib import Path

import click


@click.group("download")
def command() -> None:
    """Get literature from NCBI's E-utilities."""


@command.command("pubmed")
@click.argument("query")
@click.option("--max", "maximum", type=int, default=200, show_default=True, help="How many articles at most.")
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("literature"),
    show_default=True,
    help="The folder for the files.",
)
@click.option("--full-text", is_flag=True, help="Full texts from PMC instead of abstracts from PubMed.")
@click.option(
    "--api-key", default=lambda: os.environ.get("NCBI_API_KEY", ""), help="NCBI API key; default $NCBI_API_KEY."
)
@click.option("--email", default="", help="Your address, which NCBI asks for.")
@click.option("--server", default="", hidden=True, help="Another E-utilities address.")
def pubmed(query: str, maximum: int, folder: Path, full_text: bool, api_key: str, email: str, server: str) -> None:
    """Download the articles that QUERY (in PubMed's syntax) finds; the same command again goes on after a stop."""
    from api.progress import Bars
    from corpora.eutils import download_pmc, download_pubmed
    from corpora.remote import Service

    service = Service(api_key=api_key, email=email)
    if server:
        service = replace(service, base_url=server)
    done = 0

    def advance(asked: int, _: int) -> None:
        nonlocal done
        stage.advance(asked - done)
        done = asked

    download = download_pmc if full_text else download_pubmed
    with Bars() as bars:
        stage = bars.start("downloading", maximum, "articles")
        outcome = download(query, folder, maximum=maximum, service=service, progress=advance)
        stage.finish()
    missing = f"{len(outcome.missing):,} not sent"
    click.echo(
        f"{outcome.found:,} found, {outcome.wanted:,} asked for, {missing}; {len(outcome.files)} files in {folder}"
    )
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"Next: biocite index {folder} --into my-index")
