"""`biocite compact`: an index without the dead weight of its updates."""

from pathlib import Path

import click

from api.commands.options import index_option, json_option, print_json


@click.command("compact")
@index_option
@json_option
def command(directory: Path, as_json: bool) -> None:
    """Remove what updates left behind: deleted passages, vectors of texts that nobody has, free pages.

    The content stays what it is, and so does the index's id. The index can be searched meanwhile; while it runs both
    the old and the new state take room on the disk.
    """
    from api.progress import Bars
    from indexer.compaction import compact_index

    with Bars() as bars:
        report = compact_index(directory, progress=bars)
    if as_json:
        print_json(
            {
                "index_id": report.manifest.index_id,
                "generation": report.manifest.generation,
                "changed": report.changed,
                "removed": {"documents": report.documents, "entries": report.entries, "vectors": report.vectors},
                "bytes_before": report.bytes_before,
                "bytes_after": report.bytes_after,
                "bytes_freed": report.bytes_before - report.bytes_after,
                "kept": report.kept,
            }
        )
    else:
        from api.render import render_compaction

        render_compaction(report, directory)
