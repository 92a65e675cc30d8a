"""Measurements and proofs that anyone can run: `make bench`, `make crash`."""
