"""What belongs to atomstream and is easier in Python: bringing networks of others to it."""

__version__ = "0.1.0"
