"""Documents to passages to a searchable index directory."""
