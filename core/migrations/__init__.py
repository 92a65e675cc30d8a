"""Versions of the system tables; form tables are made at publish time instead."""
