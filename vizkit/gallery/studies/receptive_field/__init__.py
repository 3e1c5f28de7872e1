"""The pixels that a unit can see."""
