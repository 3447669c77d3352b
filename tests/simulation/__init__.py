"""Deterministic simulation: the product's own services and jobs over a real PostgreSQL, on seams that a seed owns.

``scheduler`` decides who goes next, ``pool`` stands between it and PostgreSQL, ``faults`` says what goes wrong,
``network``, ``daraja``, ``organisation``, ``news`` are the outside, ``tills``, ``hands``, ``drawers``, ``returns``,
``expenses`` and ``others`` are the people, ``seals``, ``runs``, ``statements`` and ``alerts`` prove the books and tell
of it (``provers``), ``world`` puts one seed together, ``simulation`` runs it, ``oracles`` judges it after every commit
and at rest, with ``moves``, which watches states, and ``memory``, which reckons from what people were told; ``bugs``
are planted to be caught.

What it does not simulate: real processes and a real network, HTTP itself, pgqueuer, and PostgreSQL crashing; those are
tested where they are real.
"""
