"""Transactions, locks, the pool, migrations and the embedded server."""
