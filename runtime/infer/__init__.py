"""A trained network in use: what it says about images, and how good it is on a part of a data set.

What is common stands in :mod:`runtime.infer.trained`, what each task means by an answer in a file of its own.
"""

from runtime.infer.trained import Trained, maps, plain, read, trained

__all__ = ["Trained", "maps", "plain", "read", "trained"]
