"""What Keras did: loading TensorFlow, building, predicting, and the values that came back."""
