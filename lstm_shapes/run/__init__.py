"""Make runs: load TensorFlow, build, predict, and keep the values that come back."""
