"""What Canevas promises in numbers, measured: ``make bench``, or ``python -m benchmarks analysis canvas``."""
