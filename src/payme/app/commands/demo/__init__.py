"""``payme demo``: trade one day through the HTTP API, and prove the books."""

from payme.app.commands.demo.command import demo

__all__ = ["demo"]
