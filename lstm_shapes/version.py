"""Hold the version, which the package's metadata reads as well."""

__version__ = "0.9.0"
