"""Arithmetic: what is known of a layer without Keras, with the standard library alone."""
