"""Modules that torch lacks: one file per kind, named after it in lower case, holding a class named after the kind.

Such a kind says ``module = "runtime.modules"``; :mod:`runtime.source` copies its class into the source of every network
that uses it, so that the source needs torch alone.  A file here may import ``torch`` and ``torch.nn`` only, and its
class is constructed with what the kind's ``arguments`` say.
"""
