"""The families of sounds: each module says how its sounds are made, and after whom."""
