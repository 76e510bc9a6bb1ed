"""Query to ranked passages."""
