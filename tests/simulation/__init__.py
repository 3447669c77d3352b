"""Deterministic simulation: the product's own services and jobs over a real PostgreSQL, on seams that a seed owns.

``scheduler`` decides who goes next, ``pool`` stands between it and PostgreSQL, ``faults`` says what goes wrong,
``network``, ``daraja``, ``organisation`` and ``news`` are the outside, ``tills``, ``hands`` and ``others`` are the
people, ``world`` puts one seed together, ``simulation`` runs it, ``oracles`` judges it after every commit and at rest,
``bugs`` are planted to be caught.

What it does not simulate: real processes and a real network, HTTP itself, pgqueuer, and PostgreSQL crashing; those are
tested where they are real.
"""
