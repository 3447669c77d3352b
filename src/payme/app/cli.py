"""The command line: ``payme``."""

import sys
import traceback

import typer

from payme.app.commands.audit import audit
from payme.app.commands.backup import backup, restore
from payme.app.commands.books import migrate, verify
from payme.app.commands.callbacks import callbacks
from payme.app.commands.config import config
from payme.app.commands.demo import demo
from payme.app.commands.doctor import doctor
from payme.app.commands.importing import import_app
from payme.app.commands.issues import issues
from payme.app.commands.ledger import ledger
from payme.app.commands.run import run
from payme.app.commands.serving import serve, simulator, worker
from payme.app.commands.stories import show
from payme.app.commands.users import user
from payme.app.explain import explain

app = typer.Typer(
    name="payme",
    help="The system a small African shop runs on. Begin with: payme run",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _all_commands(
    debug: bool = typer.Option(False, "--debug", help="Show where in the program an error arose."),  # noqa: FBT001, FBT003
) -> None:
    """Take what every command takes; ``main`` has read it already."""
    del debug


for command in (run, demo, serve, worker, simulator, migrate, verify, backup, restore, doctor):
    app.command()(command)
audit.command()(show)
app.add_typer(audit, name="audit")
app.add_typer(callbacks, name="callbacks")
app.add_typer(issues, name="issues")
app.add_typer(import_app, name="import")
app.add_typer(config, name="config")
app.add_typer(ledger, name="ledger")
app.add_typer(user, name="user")


def main() -> None:
    """Run a command; an error is one paragraph that says what to do, unless ``--debug`` asks for more."""
    debug = "--debug" in sys.argv
    words = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        app(args=words)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  the last place before the operator, who gets a sentence
        if debug:
            traceback.print_exc()
        print(explain(error), file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
