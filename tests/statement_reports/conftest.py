"""The same street as where statements are compared."""

from tests.statements.conftest import street

__all__ = ["street"]
