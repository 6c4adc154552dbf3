"""What a golden folder can hold, one module per group, in the order in which they are checked.

A group is a module with ``NEEDS``, the files without which a folder does not have it, and ``cases(folder,
manifest, device)``. To add one, write the module and name it here.
"""

GROUPS = (
    "frame_sampling",
    "preprocess",
    "keys",
    "synchformer",
    "dac_vae",
    "dit_tiny",
    "sampler",
    "precision",
)
"""Names of this package's modules."""
