"""The command tree. Building it imports nothing but typer."""

from typing import Annotated

import typer

from cli import __version__
from cli.certificates import chosen
from cli.commands import budget, demo, fleet, navigate, player, ship, tour, up, voyage, waypoints
from cli.exit_codes import EXIT_CODE_HELP
from cli.options import OUTPUT_HELP, OutputFormat, TlsAuthorities, TlsCertificate, TlsKey

# Without rich's markup, help is plain text: it costs a third of the time, and it can be piped.
app = typer.Typer(
    name="spacetraders",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODE_HELP,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spacetraders {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    output: Annotated[
        OutputFormat | None,
        typer.Option("--output", "-o", envvar="SPACETRADERS_OUTPUT", case_sensitive=False, help=OUTPUT_HELP),
    ] = None,
    tls_ca: TlsAuthorities = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fly SpaceTraders fleets: fuel-aware routes, voyages that survive restarts.

    `spacetraders up` starts everything on this machine; `spacetraders demo` shows a flight.
    """
    context.obj = chosen(tls_ca, tls_cert, tls_key)


app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("plan")(navigate.plan)
app.command("navigate")(navigate.navigate)
app.command("waypoints")(waypoints.waypoints)
app.command("budget")(budget.budget)
app.add_typer(player.app, name="player")
app.add_typer(ship.app, name="ship")
app.add_typer(tour.app, name="tour")
app.add_typer(fleet.app, name="fleet")
app.add_typer(voyage.app, name="voyage")
