"""Run the simulator by itself: `python -m payme.simulator --fast`."""

import argparse

import uvicorn

from payme.simulator.faults import read_rule
from payme.simulator.main import create_simulator
from payme.simulator.models import FaultRule, SimulatorConfig
from payme.simulator.types import Outcome


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="payme.simulator", description="Daraja (M-Pesa), pretended.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--fast", action="store_true", help="a payment takes 40 to 150 ms instead of seconds")
    parser.add_argument("--seed", type=int, help="the same seed gives the same outcomes, delays and ids")
    parser.add_argument("--late-after-s", type=float, help="real seconds until a late callback")
    parser.add_argument("--strict-callback-urls", action="store_true", help="take public HTTPS callback URLs only")
    parser.add_argument("--register-again", action="store_true", help="take C2B addresses again, as the sandbox does")
    parser.add_argument(
        "--fault", type=_rule, action="append", default=[], metavar="NAME[=SHARE]", help="switch a fault on"
    )
    parser.add_argument(
        "--outcome",
        type=Outcome,
        default=Outcome.PAID,
        metavar="|".join(Outcome),
        help="what phones outside the table do",
    )
    args = parser.parse_args()
    config = SimulatorConfig(
        seed=args.seed,
        fast=args.fast,
        late_after_s=args.late_after_s,
        strict_callback_urls=args.strict_callback_urls,
        register_again=args.register_again,
        default_outcome=args.outcome,
        faults=tuple(args.fault),
    )
    uvicorn.run(create_simulator(config), host=args.host, port=args.port, log_level="info")


def _rule(text: str) -> FaultRule:
    try:
        return read_rule(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


if __name__ == "__main__":
    main()
