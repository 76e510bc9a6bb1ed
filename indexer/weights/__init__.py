"""Weights that this project trained, as package data, each with the record of the run that made it."""
