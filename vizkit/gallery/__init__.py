"""Galleries: what to do (plan), evidence (studies), files on disk (store), pages (site).

Nothing here imports torch until a study computes something.
"""
