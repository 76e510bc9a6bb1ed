"""`biocite config`: the settings in force, and where each came from."""

from pathlib import Path

import click

from api.commands.options import json_option, print_json

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="A TOML file of settings; without it the one that BIOCITE_CONFIG names, if any.",
)


@click.command("config")
@config_option
@json_option
def command(config_file: Path | None, as_json: bool) -> None:
    """Print the settings that a service would have, and where each came from: a default, the file, or a variable.

    What is printed is a settings file itself. Secrets are hidden.
    """
    from api.settings import as_toml, load_settings, shown_settings

    shown = shown_settings(load_settings(file=config_file))
    if as_json:
        print_json(shown)
        return
    for setting in shown:
        click.echo(f"{setting.name} = {as_toml(setting.value)}  # {setting.origin}")
