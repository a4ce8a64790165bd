"""The one error that the package raises for bad input."""


class ConvertError(Exception):
    """The input cannot be converted. The text names what was wrong, and where."""
