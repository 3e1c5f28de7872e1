"""The studies, a folder each; every ``study.py`` here defines ``STUDY``."""
