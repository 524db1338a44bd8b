"""The command line: the face of Canevas for scripts and terminals.

Each command is a function of its arguments; what it needs of torch it imports when it runs.
"""
