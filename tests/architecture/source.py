"""What an import linter cannot say about the source: each check returns findings, so a planted fault can prove it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "payme"
ROOMS = (
    "adjustments",
    "alerts",
    "audit",
    "c2b",
    "callbacks",
    "claims",
    "customers",
    "daraja",
    "health",
    "identity",
    "inquiries",
    "issues",
    "live",
    "messages",
    "money",
    "mpesa",
    "payments",
    "privacy",
    "receipt_links",
    "receipts",
    "reminders",
    "reconciliation",
    "reports",
    "sales",
    "settlement",
    "shortcodes",
    "sms",
    "statement_files",
    "statement_reports",
    "statements",
    "stock",
    "wallet",
    "webhooks",
)
ROOM_FILES = frozenset(
    {
        "__init__.py",
        "controllers.py",
        "jobs.py",
        "schemas.py",
        "services.py",
        "queries.py",
        "repository.py",
        "rules.py",
        "models.py",
        "events.py",
        "errors.py",
        "types.py",
    }
)
FORBIDDEN_NAMES = frozenset({"utils", "helpers", "common", "manager", "base", "util", "helper"})
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
MARKDOWN_MAX = 5
_TRANSACTION_WORD = re.compile(r"\b(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|FOR\s+(NO\s+KEY\s+)?UPDATE|FOR\s+SHARE)\b")
_STATEMENT = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b")
_REACHED_FOR = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("uuid", "uuid4"),
    ("time", "time"),
    ("random", "random"),
    ("secrets", "token_urlsafe"),
}


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        return self.path.relative_to(SOURCE).parts[0]

    def at(self, node: ast.AST, says: str) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {says}"


def modules() -> list[Module]:
    return [Module(path, path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))]


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string that is not a docstring."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node


def transactions_outside_the_kit(module: Module) -> list[str]:
    """Begin, commit, rollback and row locks stand in kit/db only."""
    if module.path.is_relative_to(SOURCE / "kit" / "db"):
        return []
    return [
        module.at(node, f"writes {found[0]} itself")
        for node in strings(module.tree)
        if (found := _TRANSACTION_WORD.search(str(node.value)))
    ]


def reaching_for_the_outside(module: Module) -> list[str]:
    """Time, ids and randomness are handed in."""
    if module.room not in ROOMS:
        return []
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in _REACHED_FOR:
                found.append(module.at(node, f"reaches for {node.value.id}.{node.attr}"))
        elif isinstance(node, ast.ImportFrom) and node.module in {"uuid", "random", "secrets", "time"}:
            found += [
                module.at(node, f"reaches for {name.name}")
                for name in node.names
                if name.name not in {"UUID", "Random", "uuid5", "NAMESPACE_OID"}
            ]
    return found


def floats(module: Module) -> list[str]:
    """No float on the way of money."""
    if module.room not in ROOMS:
        return []
    return [
        module.at(node, "has a float")
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float) and not _is_seconds(module, node))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]


def _is_seconds(module: Module, node: ast.Constant) -> bool:
    line = module.text.splitlines()[node.lineno - 1]
    return re.search(r"_(s|ms|PER_S)\b", line, re.IGNORECASE) is not None


def imports_inside_functions(module: Module) -> list[str]:
    """An import inside a function hides a wrong floor."""
    return [
        module.at(node, "imports inside a function")
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def formatted_statements(module: Module) -> list[str]:
    """SQL is literal text with parameters; only the invariants, which are files, are put together."""
    if module.room not in ROOMS or _is_about_invariants(module):
        return []
    return [
        module.at(node, "formats SQL")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) and _STATEMENT.match(str(part.value)) for part in node.values)
    ]


def _is_about_invariants(module: Module) -> bool:
    return module.path == SOURCE / "reconciliation" / "rules.py" or module.path.parent.name == "invariants"


def http_exceptions(module: Module) -> list[str]:
    """Rooms refuse with refusals."""
    if module.room not in ROOMS:
        return []
    return [
        module.at(node, "raises HTTPException")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and node.id == "HTTPException"
    ]


def tries_in_commands(module: Module) -> list[str]:
    """A command (its first argument is ``tx``) has no try: a constraint's no is decided in repository.py."""
    if module.room not in ROOMS or module.path.name != "services.py":
        return []
    return [
        module.at(node, "tries")
        for command in ast.walk(module.tree)
        if isinstance(command, ast.AsyncFunctionDef) and command.args.args and command.args.args[0].arg == "tx"
        for node in ast.walk(command)
        if isinstance(node, ast.Try)
    ]


def long_things(module: Module) -> list[str]:
    """Files and functions stay readable."""
    found = []
    lines = len(module.text.splitlines())
    if lines > LINES_MAX:
        found.append(f"{module.path.relative_to(ROOT)} has {lines} lines")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(module.at(node, f"{node.name} has {length} lines"))
    return found


def odd_names(module: Module) -> list[str]:
    """Rooms have the files of the house, and nothing is called utils."""
    found = []
    if module.room in ROOMS and module.path.parent == SOURCE / module.room and module.path.name not in ROOM_FILES:
        found.append(f"{module.path.relative_to(ROOT)} is not a file of a room")
    if module.path.stem.removesuffix("_v2") in FORBIDDEN_NAMES or module.path.stem.endswith("_v2"):
        found.append(f"{module.path.relative_to(ROOT)} says nothing")
    return found


def statements(module: Module) -> list[tuple[ast.Constant, str]]:
    """Every SQL statement of a repository or of queries."""
    if module.path.name not in {"repository.py", "queries.py", "idempotency.py"}:
        return []
    return [(node, str(node.value)) for node in strings(module.tree) if _STATEMENT.match(str(node.value))]


CHECKS = (
    transactions_outside_the_kit,
    reaching_for_the_outside,
    floats,
    imports_inside_functions,
    formatted_statements,
    http_exceptions,
    tries_in_commands,
    long_things,
    odd_names,
)
