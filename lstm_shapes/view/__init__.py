"""What is shown and saved: rendering only, nothing is computed here."""
