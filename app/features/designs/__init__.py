"""Designs: two pictures or films side by side, with the shares of the same regions."""
