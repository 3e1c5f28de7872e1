"""Oracles for receptive fields: what really reaches a unit, measured on the network itself.

They share no code with the propagation that they certify. One marks pixels of the input with NaN
and sees which units turn NaN; the other differentiates a copy with positive weights.
"""
