"""Weights that have learned already: where they come from, and which of them fit a network."""
