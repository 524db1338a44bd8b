"""The Train room: recipe, live curves, samples, runs."""

from gui.training.room import TrainingRoom

__all__ = ["TrainingRoom"]
