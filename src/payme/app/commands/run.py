"""``payme run``: open the shop and keep it open."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from payme.app.child import url_of
from payme.app.described import unknown_variables
from payme.app.progress import Progress
from payme.app.serve import HowToRun, OpenShop, run_shop

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Instead of PAYME_PORT; 0 takes any free one.")]
SimulatorPort = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Instead of PAYME_SIMULATOR_PORT; 0 takes any free one.")
]


_SET_SINCE = "the one that was set since; payme user password owner@duka.example sets another"


def run(
    *,
    port: Port = None,
    simulator_port: SimulatorPort = None,
    data_dir: Annotated[Path | None, typer.Option(help="Instead of PAYME_DATA_DIR.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="The simulator's customers answer within 150 ms.")] = False,
    seed: Annotated[int | None, typer.Option(help="The simulator's luck; the same seed, the same day.")] = None,
) -> None:
    """Open the shop: database, simulator, web server and worker, with a demo shop, until Ctrl-C.

    Example: payme run --port 8080
    """
    console = Console()
    progress = Progress(console)
    for sentence in unknown_variables(os.environ):
        progress.note(sentence)
    environ = dict(os.environ)
    if data_dir is not None:
        environ["PAYME_DATA_DIR"] = str(data_dir)
    run_shop(
        HowToRun(environ, port=port, simulator_port=simulator_port, fast=fast, seed=seed),
        progress,
        lambda shop: _welcome(console, shop),
    )
    progress.note("PayMe has stopped. Everything is kept; start again with: make run")


def _welcome(console: Console, shop: OpenShop) -> None:
    text = welcome_text(shop)
    if console.is_terminal:
        console.print(Panel(Text(text), title="PayMe is open", border_style="green", expand=False))
    else:
        console.print(f"PayMe is open\n{text}", markup=False, highlight=False, soft_wrap=True)
    for line in curl_lines(shop):
        # Never folded nor framed: it is there to be copied.
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print("\nCtrl-C stops it.", highlight=False)
    console.file.flush()


def welcome_text(shop: OpenShop) -> str:
    """Say where the shop is, how to sign in and what to try."""
    url = shop.running.url
    lines = [f"Address    {url}"]
    if shop.sign_in is not None:
        lines += [
            f"Sign in    {shop.sign_in.email}",
            f"Password   {shop.sign_in.password or _SET_SINCE}",
            "           manager@duka.example and cashier@duka.example sign in with the same",
        ]
    else:
        lines.append("Sign in    with your own account; payme user password EMAIL sets a new password")
    lines += ["", "What to try next", f"  API, explained and to try    {url}/docs"]
    if shop.running.simulator_url is not None:
        phone = url_of("127.0.0.1", shop.settings.simulator_port)
        lines += [
            f"  The customer's phone         {phone}/simulator/phone",
            "  A number that ends in 9000 asks you on that page; 1032 cancels, others pay",
        ]
    lines += [
        "  A whole day of trade         make demo",
        "  Do the books agree?          payme verify",
        f"  Your data                    {shop.settings.data_dir}",
    ]
    return "\n".join(lines)


def curl_lines(shop: OpenShop) -> list[str]:
    """Return two commands to copy: sign in, and read what is for sale."""
    if shop.sign_in is None:
        return []
    url = shop.running.url
    password = shop.sign_in.password or "YOUR-PASSWORD"
    body = f'{{"email": "{shop.sign_in.email}", "password": "{password}"}}'
    read_token = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"token\"])'"  # noqa: S105  a command that reads one
    return [
        "",
        "Copy and paste: sign in, and see what is on the shelf",
        f"TOKEN=$(curl -s {url}/v1/sessions -H 'Content-Type: application/json' -d '{body}' | {read_token})",
        f'curl -s {url}/v1/businesses/{shop.sign_in.business_id}/products -H "Authorization: Bearer $TOKEN"',
    ]
