"""The proof of receptive fields.

``propagation/test_random_networks.py`` compares every unit of random networks with the pixels that
change it when each is tried (``ground_truth/``); ``test_architectures.py`` sends NaN through
published networks (``rf --verify``, vizkit's own oracle, which ``oracle/`` tests in turn). Neither
shares code with the calculation.
"""
