"""Compute by arithmetic, on the standard library alone, what recurrent layers return."""
