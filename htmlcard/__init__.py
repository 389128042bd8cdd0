"""htmlcard turns HTML/CSS templates into social preview pictures."""

__version__ = "0.1.0"
