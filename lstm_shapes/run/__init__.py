"""Measure: what Keras did with a spec, and checks of it."""
