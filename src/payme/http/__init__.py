"""HTTP at the door: actors, transactions, problems, paging, the Idempotency-Key header."""
