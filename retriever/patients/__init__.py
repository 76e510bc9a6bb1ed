"""Patients compared: what matches, what differs, what is unknown, and the score these add up to."""
