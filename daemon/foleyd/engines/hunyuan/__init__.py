"""HunyuanVideo-Foley, written anew: picture and prompt in, 48 kHz mono sound out."""
