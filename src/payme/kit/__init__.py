"""No business words: money, ids, seams, errors, the database."""
