"""What was seen and heard before: fingerprints, features, takes."""
