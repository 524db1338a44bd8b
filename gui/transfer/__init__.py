"""Weights that have learned already, in the window: offered, given to the drawing, frozen, tuned on own images."""
