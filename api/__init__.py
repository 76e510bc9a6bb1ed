"""People and programs: command line and HTTP. No logic of its own."""
