"""The Data room: choose a data set, see what is in it, and whether the network fits."""
