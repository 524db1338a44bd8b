"""The Test room: what the network says about images, how often it is right, and the file to take away."""

from gui.testing.room import TestingRoom

__all__ = ["TestingRoom"]
