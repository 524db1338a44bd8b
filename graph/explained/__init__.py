"""The explanations of numbers, a file per family; :mod:`graph.explain` asks them."""
