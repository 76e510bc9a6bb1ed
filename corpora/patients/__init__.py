"""Patients: notes and records of persons, read from the forms they come in, with what identifies anybody removed."""
