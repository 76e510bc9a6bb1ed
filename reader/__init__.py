"""Ranked passages to an answer with evidence."""
