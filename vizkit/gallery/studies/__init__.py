"""The studies, one file each; every module here defines ``STUDY``."""
